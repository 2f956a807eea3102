/* SPDX-License-Identifier: BSD-3-Clause */
/* A first-fit allocator with joining of free blocks, a linked list and a balanced-by-chance tree on top of it. */
#include "program.h"

typedef struct block {
    u32 size;                   /* of the whole block; the low bit: in use */
    struct block *next;
} block;

static u32 arena[4096];

static void prepare(void)
{
    block *first = (block *)arena;
    first->size = sizeof arena - sizeof(block);
    first->next = 0;
}

static void *allocate(u32 bytes)
{
    u32 need = (bytes + sizeof(block) + 7) & ~7u;
    for (block *b = (block *)arena; b; b = b->next) {
        while (!(b->size & 1) && b->next && !(b->next->size & 1)) {
            b->size += b->next->size;
            b->next = b->next->next;
        }
        if ((b->size & 1) || b->size < need)
            continue;
        if (b->size >= need + 2 * sizeof(block)) {
            block *rest = (block *)((u8 *)b + need);
            rest->size = b->size - need;
            rest->next = b->next;
            b->size = need;
            b->next = rest;
        }
        b->size |= 1;
        return b + 1;
    }
    return 0;
}

static void release(void *p)
{
    ((block *)p - 1)->size &= ~1u;
}

typedef struct node {
    u32 key, priority;
    struct node *left, *right;
} node;

static node *insert(node *tree, u32 key, u32 priority)
{
    if (!tree) {
        node *made = allocate(sizeof(node));
        *made = (node){key, priority, 0, 0};
        return made;
    }
    if (key < tree->key) {
        tree->left = insert(tree->left, key, priority);
        if (tree->left->priority > tree->priority) {
            node *up = tree->left;
            tree->left = up->right;
            up->right = tree;
            return up;
        }
    } else {
        tree->right = insert(tree->right, key, priority);
        if (tree->right->priority > tree->priority) {
            node *up = tree->right;
            tree->right = up->left;
            up->left = tree;
            return up;
        }
    }
    return tree;
}

static u32 walk(node *tree, u32 digest, u32 depth)
{
    if (!tree)
        return digest;
    digest = walk(tree->left, digest, depth + 1);
    digest = mix(digest, tree->key ^ depth);
    digest = walk(tree->right, digest, depth + 1);
    release(tree);
    return digest;
}

PROGRAM(allocation)
{
    static u8 *held[40];
    u32 state = 8, digest = 0;
    prepare();
    memset(held, 0, sizeof held);
    for (u32 i = 0; i < 1200; i++) {
        u32 x = random32(&state), slot = x % 40, size = x >> 8 & 255;
        if (held[slot]) {
            if (held[slot][0] != (u8)slot)
                return 0xbad;
            release(held[slot]);
            held[slot] = 0;
        } else if ((held[slot] = allocate(size + 1))) {
            memset(held[slot], (int)slot, size + 1);
            digest = mix(digest, (u32)((u32 *)held[slot] - arena));
        } else {
            digest = mix(digest, 0xf011);
        }
    }
    for (u32 i = 0; i < 40; i++)
        if (held[i])
            release(held[i]);
    for (int round = 0; round < 3; round++) {
        node *tree = 0;
        for (u32 i = 0; i < 100; i++) {
            u32 key = random32(&state);
            tree = insert(tree, key, random32(&state));
        }
        digest = walk(tree, digest, 0);
    }
    return digest;
}

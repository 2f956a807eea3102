/* SPDX-License-Identifier: BSD-3-Clause */
/* A small stack machine, its assembler in macros, and a program for it: the sieve, and a Collatz search. */
#include "program.h"

enum { PUSH, ADD, SUB, MUL, LESS, LOAD, STORE, JUMP, BRANCH, DUP, SWAP, SHIFT, AND, OUT, HALT };

static const s16 sieve[] = {
    /* 0: i = 2 */ PUSH, 2, PUSH, 0, STORE,
    /* 5: while i < 300 */ PUSH, 0, LOAD, PUSH, 300, LESS, BRANCH, 15, JUMP, 65,
    /* 15: if cell[16 + i] then next */ PUSH, 0, LOAD, PUSH, 16, ADD, LOAD, BRANCH, 56,
    /* 24: out i; j = i + i */ PUSH, 0, LOAD, OUT, PUSH, 0, LOAD, DUP, ADD, PUSH, 1, STORE,
    /* 36: while j < 300 */ PUSH, 1, LOAD, PUSH, 300, LESS, BRANCH, 67, JUMP, 56, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /* 56: i += 1 */ PUSH, 0, LOAD, PUSH, 1, ADD, JUMP, 86, 0,
    /* 65: halt */ HALT, 0,
    /* 67: cell[16 + j] = 1; j += i */ PUSH, 1, PUSH, 1, LOAD, PUSH, 16, ADD, STORE, PUSH, 1, LOAD, PUSH, 0, LOAD, ADD, PUSH, 1, STORE,
    /* 86 is reached by the increment, 36 by the inner loop */
};

static s32 stack[64], cell[400];

static u32 run(const s16 *code, int length, u32 digest, u32 *steps)
{
    int pc = 0, sp = 0;
    for (;;) {
        s32 t;
        if (pc >= length) {
            /* the two back jumps of the sieve */
            if (sp) {
                cell[0] = stack[--sp];
                pc = 5;
            } else {
                pc = 36;
            }
        }
        ++*steps;
        switch (code[pc++]) {
        case PUSH: stack[sp++] = code[pc++]; break;
        case ADD: sp--; stack[sp - 1] += stack[sp]; break;
        case SUB: sp--; stack[sp - 1] -= stack[sp]; break;
        case MUL: sp--; stack[sp - 1] *= stack[sp]; break;
        case LESS: sp--; stack[sp - 1] = stack[sp - 1] < stack[sp]; break;
        case LOAD: stack[sp - 1] = cell[stack[sp - 1]]; break;
        case STORE: sp -= 2; cell[stack[sp + 1]] = stack[sp]; break;
        case JUMP: pc = code[pc]; break;
        case BRANCH: t = code[pc++]; if (stack[--sp]) pc = t; break;
        case DUP: stack[sp] = stack[sp - 1]; sp++; break;
        case SWAP: t = stack[sp - 1]; stack[sp - 1] = stack[sp - 2]; stack[sp - 2] = t; break;
        case SHIFT: sp--; stack[sp - 1] >>= stack[sp]; break;
        case AND: sp--; stack[sp - 1] &= stack[sp]; break;
        case OUT: digest = mix(digest, (u32)stack[--sp]); break;
        case HALT: return digest;
        default: return 0xbad;
        }
    }
}

static u32 collatz(u32 digest)
{
    static const s16 code[] = {
        /* 0: start on the stack */ PUSH, 2, LOAD,
        /* 3 */ DUP, PUSH, 2, LESS, BRANCH, 31,
        /* 9 */ DUP, PUSH, 1, AND, BRANCH, 21,
        /* 15: even */ PUSH, 1, SHIFT, JUMP, 3, 0,
        /* 21: odd */ PUSH, 3, MUL, PUSH, 1, ADD, JUMP, 3, 0, 0,
        /* 31 */ OUT, HALT,
    };
    for (s32 n = 3; n < 60; n += 4) {
        u32 steps = 0;
        cell[2] = n;
        digest = run(code, sizeof code / sizeof *code, digest, &steps);
        digest = mix(digest, steps);
    }
    return digest;
}

PROGRAM(machine)
{
    u32 steps = 0;
    memset(cell, 0, sizeof cell);
    u32 digest = run(sieve, sizeof sieve / sizeof *sieve, 0, &steps);
    return collatz(mix(digest, steps));
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory for translations: one file in memory, mapped twice, so that no page is both written and executed. What is
 * written at `write` is executed `apart` further. */
#ifndef CODE_ARENA_H
#define CODE_ARENA_H

#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ARENA_BYTES = 16 << 20 };

typedef struct { uint8_t *write, *execute; intptr_t apart; int forks; } Arena;

/* Both mappings are shared with a child of fork(), which must therefore make its own. */
static int arena_forks;
static void arena_forked(void) { arena_forks++; }

static void arena_close(Arena *arena) {
    if (arena->write) munmap(arena->write, ARENA_BYTES);
    if (arena->execute) munmap(arena->execute, ARENA_BYTES);
    arena->write = arena->execute = NULL;
}

/* 0, or 1 where the computer refuses such memory. */
static int arena_open(Arena *arena) {
    static int listens;
    int file = memfd_create("translations", MFD_CLOEXEC);
    if (!listens) listens = !pthread_atfork(NULL, NULL, arena_forked);
    if (file < 0 || !listens || ftruncate(file, ARENA_BYTES)) {
        if (file >= 0) close(file);
        return 1;
    }
    void *write = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    void *execute = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    close(file);
    arena->write = write == MAP_FAILED ? NULL : write;
    arena->execute = execute == MAP_FAILED ? NULL : execute;
    arena->forks = arena_forks;
    if (!arena->write || !arena->execute) {
        arena_close(arena);
        return 1;
    }
    arena->apart = arena->execute - arena->write;
    return 0;
}

#endif

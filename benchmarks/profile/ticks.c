/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where the processor is at each tick of this process's CPU time: one address a tick, nothing else. */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

static uint64_t *place;
static size_t room;
static volatile size_t used;

static uint64_t address(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (uint64_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return context->uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

static void tick(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info;
    if (used < room)
        place[used++] = address(context);
}

static int timer(long microseconds)
{
    struct timeval every = {.tv_sec = 0, .tv_usec = microseconds};
    struct itimerval both = {.it_interval = every, .it_value = every};
    return setitimer(ITIMER_PROF, &both, NULL);
}

/* Addresses go to `into`, at most `most` of them. Nonzero: the system refuses. */
int ticks_start(uint64_t *into, size_t most, long microseconds)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = tick;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    place = into, room = most, used = 0;
    return sigaction(SIGPROF, &action, NULL) || timer(microseconds);
}

/* How many there are. */
size_t ticks_stop(void)
{
    struct sigaction ignored;
    timer(0);
    memset(&ignored, 0, sizeof ignored);
    ignored.sa_handler = SIG_IGN;
    sigaction(SIGPROF, &ignored, NULL);
    return used;
}

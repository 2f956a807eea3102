/* SPDX-License-Identifier: BSD-3-Clause */
/* /init of the guest: what a kernel does for programs, one kind of work a window, and an end of the run.
 *
 * Arguments of the kernel: `windows=3,11` only these; `scale=4` a quarter of the turns; `windows=none` none;
 * `run="/bin/prog a b"` that command instead of the windows, as window 100 unless it marks by itself (`marks=own`).
 * Before each begin the same 80 pages are touched, so that a window's misses do not depend on those before it. */
#include "guest.h"
#include "mark.h"

enum { WORK = 512, SETTLED = 80, RUN = 100 };

static volatile u32 *settling;
static u32 *work;
static u32 scale = 1;
static volatile u32 sink;
static char **environment;

static u32 turns(u32 count) { return count > scale ? count / scale : 1; }

static void begin(u32 window)
{
    for (u32 i = 0; i < 2 * SETTLED; i++)
        sink += settling[i % SETTLED * (PAGE / 4) + i % 64 * 8];
    mark_begin(window);
}

static u32 seed;

static u32 next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

/* The windows. Each has a number, marks itself, and returns a sum that is the same in every run. */

static u32 nothing(u32 window)
{
    begin(window);
    mark_end();
    return 0;
}

static u32 computing(u32 window)
{
    u32 sum = 0;
    begin(window);
    for (u32 i = 0; i < turns(500000); i++) {
        sum = sum * 3 + i;
        __asm__ volatile("" : "+r"(sum));
    }
    mark_end();
    return sum;
}

static u32 touching(u32 window, u32 pages, u32 rounds)
{
    u32 sum = 0;
    begin(window);
    for (u32 round = 0; round < rounds; round++)
        for (u32 page = 0; page < pages; page++)
            sum += ((volatile u32 *)work)[page * (PAGE / 4)];
    mark_end();
    return sum;
}

static u32 touch32(u32 window) { return touching(window, 32, turns(100)); }
static u32 touch56(u32 window) { return touching(window, 56, turns(40)); }
static u32 touch128(u32 window) { return touching(window, 128, turns(20)); }

static u32 anywhere(u32 window)
{
    u32 sum = 0;
    seed = 4711;
    begin(window);
    for (u32 i = 0; i < turns(2000); i++) {
        u32 *place = work + next_random() % 256 * (PAGE / 4);
        sum = sum * 5 + *place;
        *place += i;
    }
    mark_end();
    return sum;
}

static u32 calls(u32 window)
{
    u32 sum = 0;
    begin(window);
    for (u32 i = 0; i < turns(1000); i++)
        sum += call0(SYS_GETPID);
    mark_end();
    return sum;
}

static u32 own_pipe(u32 window)
{
    int ends[2];
    u8 text[16] = "through a pipe";
    u32 count = 0;
    call1(SYS_PIPE, ends);
    begin(window);
    for (u32 i = 0; i < turns(300); i++) {
        call3(SYS_WRITE, ends[1], text, sizeof text);
        count += call3(SYS_READ, ends[0], text, sizeof text);
    }
    mark_end();
    call1(SYS_CLOSE, ends[0]);
    call1(SYS_CLOSE, ends[1]);
    return count;
}

static u32 mapping(u32 window)
{
    u32 sum = 0;
    begin(window);
    for (u32 i = 0; i < turns(30); i++) {
        u8 *bytes = memory(8 * PAGE, PRIVATE);
        for (u32 page = 0; page < 8; page++)
            sum += bytes[page * PAGE]++;
        call2(SYS_MUNMAP, bytes, 8 * PAGE);
        sum++;
    }
    mark_end();
    return sum;
}

static u32 forking(u32 window)
{
    u32 sum = 0;
    begin(window);
    for (u32 i = 0; i < turns(10); i++) {
        long child = fork();
        if (child == 0)
            leave(i & 0x3f);
        sum += wait_for(child);
    }
    mark_end();
    return sum;
}

/* A child adds to each letter; only it and the kernel are between the two pipes. */
static u32 ping_pong(u32 window)
{
    int there[2], back[2];
    u8 text[64] = "0123456789";
    u32 sum = 0;
    long child;
    call1(SYS_PIPE, there);
    call1(SYS_PIPE, back);
    child = fork();
    if (child == 0) {
        while (call3(SYS_READ, there[0], text, sizeof text) > 0 && text[0] != '.') {
            for (u32 i = 0; i < sizeof text; i++)
                text[i]++;
            call3(SYS_WRITE, back[1], text, sizeof text);
        }
        leave(0);
    }
    begin(window);
    for (u32 i = 0; i < turns(200); i++) {
        text[0] = 'x';
        call3(SYS_WRITE, there[1], text, sizeof text);
        sum += call3(SYS_READ, back[0], text, sizeof text);
    }
    mark_end();
    text[0] = '.';
    call3(SYS_WRITE, there[1], text, sizeof text);
    wait_for(child);
    for (u32 i = 0; i < 2; i++) {
        call1(SYS_CLOSE, there[i]);
        call1(SYS_CLOSE, back[i]);
    }
    return sum + text[1];
}

static u32 executing(u32 window)
{
    char *command[] = {"/bin/mark", 0};
    u32 sum = 0;
    begin(window);
    for (u32 i = 0; i < turns(5); i++) {
        long child = fork();
        if (child == 0) {
            call1(SYS_CLOSE, 1); /* its usage is not to be seen */
            call3(SYS_EXECVE, command[0], command, environment);
            leave(127);
        }
        sum += wait_for(child);
    }
    mark_end();
    return sum;
}

static u32 copy_on_write(u32 window)
{
    u32 *pages = memory(32 * PAGE, PRIVATE), sum = 0;
    for (u32 page = 0; page < 32; page++)
        pages[page * (PAGE / 4)] = page;
    begin(window);
    for (u32 i = 0; i < turns(4); i++) {
        long child = fork();
        for (u32 page = 0; page < 32; page++)
            pages[page * (PAGE / 4)] += i;
        if (child == 0)
            leave(0);
        wait_for(child);
    }
    mark_end();
    for (u32 page = 0; page < 32; page++)
        sum = sum * 7 + pages[page * (PAGE / 4)];
    call2(SYS_MUNMAP, pages, 32 * PAGE);
    return sum;
}

static volatile u32 signals;
static void on_signal(int which) { signals += which; }

static u32 signalling(u32 window)
{
    struct {
        void (*handler)(int);
        unsigned long flags;
        void *restorer;
        u32 mask[2];
    } action = {on_signal, 0, 0, {0, 0}};
    long self = call0(SYS_GETPID);
    signals = 0;
    call4(SYS_SIGACTION, 10, &action, 0, sizeof action.mask);
    begin(window);
    for (u32 i = 0; i < turns(200); i++)
        call2(SYS_KILL, self, 10);
    mark_end();
    return signals;
}

static u32 reading(u32 window)
{
    u8 bytes[64];
    u32 sum = 0;
    begin(window);
    for (u32 i = 0; i < turns(50); i++) {
        long file = call3(SYS_OPEN, "/init", 0, 0);
        sum += call3(SYS_READ, file, bytes, sizeof bytes) + bytes[i % 4];
        call1(SYS_CLOSE, file);
    }
    mark_end();
    return sum;
}

static void sort(u32 *words, int first, int last)
{
    while (first < last) {
        int low = first, high = last;
        u32 middle = words[(first + last) / 2];
        while (low <= high) {
            while (words[low] < middle)
                low++;
            while (words[high] > middle)
                high--;
            if (low <= high) {
                u32 kept = words[low];
                words[low++] = words[high];
                words[high--] = kept;
            }
        }
        if (high - first < last - low) {
            sort(words, first, high);
            first = low;
        } else {
            sort(words, low, last);
            last = high;
        }
    }
}

static u32 sorting(u32 window)
{
    u32 count = turns(8192), sum = 0;
    seed = 99;
    for (u32 i = 0; i < count; i++)
        work[i] = next_random();
    begin(window);
    sort(work, 0, count - 1);
    mark_end();
    for (u32 i = 1; i < count; i++)
        sum = sum * 31 + (work[i - 1] <= work[i]) + work[i];
    return sum;
}

/* Two children take turns on shared pages. */
static u32 sharing(u32 window)
{
    u32 *pages = memory(16 * PAGE, SHARED), sum = 0;
    long child[2];
    begin(window);
    for (u32 each = 0; each < 2; each++) {
        child[each] = fork();
        if (child[each] == 0) {
            for (u32 i = 0; i < turns(50); i++) {
                for (u32 page = 0; page < 16; page++)
                    pages[page * (PAGE / 4) + each] += i;
                call0(SYS_YIELD);
            }
            leave(0);
        }
    }
    wait_for(child[0]);
    wait_for(child[1]);
    mark_end();
    for (u32 page = 0; page < 16; page++)
        sum = sum * 31 + pages[page * (PAGE / 4)] + pages[page * (PAGE / 4) + 1];
    call2(SYS_MUNMAP, pages, 16 * PAGE);
    return sum;
}

static u32 sleeping(u32 window)
{
    u32 time[2] = {0, 20000000}, slept = 0; /* seconds, nanoseconds */
    begin(window);
    for (u32 i = 0; i < turns(5); i++)
        slept += call2(SYS_NANOSLEEP, time, 0) == 0;
    mark_end();
    return slept;
}

static const struct {
    const char *name;
    u32 (*work)(u32 window);
} windows[] = {
    {"nothing", nothing},      {"compute", computing},  {"touch32", touch32},   {"touch56", touch56},
    {"touch128", touch128},    {"random256", anywhere}, {"getpid", calls},      {"pipe", own_pipe},
    {"mmap", mapping},         {"fork", forking},       {"pingpong", ping_pong}, {"exec", executing},
    {"cow", copy_on_write},    {"signal", signalling},  {"file", reading},      {"sort", sorting},
    {"share", sharing},        {"sleep", sleeping},
};

static int chosen(const char *list, u32 window)
{
    if (!list)
        return 1;
    while (*list) {
        if (number(list) == window)
            return 1;
        while (*list && *list++ != ',')
            ;
    }
    return 0;
}

static int run_command(const char *text, int marks)
{
    static char words[256];
    char *command[32];
    u32 count = 0, used = 0;
    int status;
    long child;
    while (*text && count < 31 && used < sizeof words - 1) {
        command[count++] = words + used;
        while (*text && *text != ' ' && used < sizeof words - 1)
            words[used++] = *text++;
        words[used++] = 0;
        while (*text == ' ')
            text++;
    }
    command[count] = 0;
    if (marks)
        begin(RUN);
    child = fork();
    if (child == 0) {
        call3(SYS_EXECVE, command[0], command, environment);
        leave(127);
    }
    status = wait_for(child);
    if (marks)
        mark_end();
    put("COMMAND ");
    put(command[0]);
    put(status == 127 ? " could not be executed, status " : " status ");
    put_number(status);
    end_line();
    return status;
}

static int run_windows(const char *list)
{
    for (u32 i = 0; i < sizeof windows / sizeof *windows; i++) {
        u32 result;
        if (!chosen(list, i + 1))
            continue;
        result = windows[i].work(i + 1);
        put("WINDOW ");
        put_number(i + 1);
        put(" ");
        put(windows[i].name);
        put(" ");
        put_hex(result);
        end_line();
    }
    return 0;
}

int main(int argc, char **argv, char **given_environment)
{
    const char *command, *marks;
    int status;
    long error;
    (void)argc;
    (void)argv;
    environment = given_environment;
    call3(SYS_MKDIR, "/proc", 0755, 0);
    call6(SYS_MOUNT, (long)"proc", (long)"/proc", (long)"proc", 0, 0, 0);
    error = mark_open();
    if (error) {
        put("/init: no markers, /dev/mem gives error ");
        put_number(-error);
        end_line();
    }
    if (given(environment, "scale") && number(given(environment, "scale")))
        scale = number(given(environment, "scale"));
    settling = memory(SETTLED * PAGE, PRIVATE);
    work = memory(WORK * PAGE, PRIVATE);
    for (u32 page = 0; page < SETTLED; page++)
        settling[page * (PAGE / 4)] = page;
    for (u32 page = 0; page < WORK; page++)
        work[page * (PAGE / 4)] = page * page;
    put("GUEST-START");
    end_line();
    command = given(environment, "run");
    marks = given(environment, "marks");
    if (error)
        status = 1;
    else if (command)
        status = run_command(command, !(marks && same(marks, "own")));
    else
        status = run_windows(given(environment, "windows"));
    put("GUEST-DONE");
    end_line();
    if (!error)
        mark_stop(status);
    call4(SYS_REBOOT, 0xfee1dead, 672274793, 0x01234567, 0); /* LINUX_REBOOT_CMD_RESTART; natively it ends the run */
    for (;;)
        ;
}

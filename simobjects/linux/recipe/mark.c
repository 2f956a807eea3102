/* SPDX-License-Identifier: BSD-3-Clause */
/* mark begin N | mark end | mark stop [STATUS] | mark N -- COMMAND ARGUMENT...
 * Windows of the statistics around commands of a script, or around one command, whose exit status it then has. */
#include "guest.h"
#include "mark.h"

static int usage(void)
{
    put("usage: mark begin N | mark end | mark stop [STATUS] | mark N -- COMMAND ARGUMENT...");
    end_line();
    return 2;
}

static int around(u32 window, char **command, char **environment)
{
    int status;
    long child;
    mark_begin(window);
    child = fork();
    if (child == 0) {
        call3(SYS_EXECVE, command[0], command, environment);
        leave(127);
    }
    status = child < 0 ? 126 : wait_for(child);
    mark_end();
    if (status >= 126) {
        put("mark: ");
        put(command[0]);
        put(status == 127 ? " cannot be executed (give its whole path)" : " ended badly");
        end_line();
    }
    return status;
}

static int is_number(const char *text)
{
    return *text >= '0' && *text <= '9';
}

int main(int argc, char **argv, char **environment)
{
    long error;
    if (argc < 2)
        return usage();
    error = mark_open();
    if (error) {
        put("mark: /dev/mem cannot be mapped, error ");
        put_number(-error);
        end_line();
        return 1;
    }
    if (argc == 3 && same(argv[1], "begin") && is_number(argv[2]))
        mark_begin(number(argv[2]));
    else if (argc == 2 && same(argv[1], "end"))
        mark_end();
    else if (argc <= 3 && same(argv[1], "stop"))
        mark_stop(argc == 3 ? number(argv[2]) : 0);
    else if (argc > 3 && is_number(argv[1]) && same(argv[2], "--"))
        return around(number(argv[1]), argv + 3, environment);
    else
        return usage();
    return 0;
}

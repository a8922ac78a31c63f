/*
 * A command of this very program, run beside the node as a process of its own:
 * what `pond` can do for a person at a terminal and the page is to do, too,
 * without being written again (`task create`, `task simulate`, `doctor`).
 *
 *     const char *words[] = {"doctor", NULL};
 *     struct own_command_order order = {.words = words, .limit_ms = 60000,
 *                                       .output_max = 1 << 20};
 *     status = own_command_start(commands, &order, &events, user, &command);
 *
 * It is started with --json and --progress behind the given words. What it
 * needs to be told in secret goes to its standard input, and nothing of it is
 * in a command line or an environment, which other users could see. Its
 * environment has where things are (PATH, HOME, XDG_...) and the language, and
 * nothing else of the node's. It is in a session of its own with what it
 * starts, and that session ends with the command, with the node, and when it
 * takes too long or says too much.
 *
 * Thread: the loop's. Events come from the loop, and never from inside a call.
 */
#ifndef POND_NODE_PAGE_OWN_COMMAND_H
#define POND_NODE_PAGE_OWN_COMMAND_H

#include "base/bytes.h"
#include <uv.h>

/* At once; each may take a core and some hundred MB. */
#define OWN_COMMANDS_MAX 4
/* Of standard input: a passphrase, a phrase. */
#define OWN_COMMAND_INPUT_MAX 4096

struct own_commands;
struct own_command;

struct own_command_order {
    const char *const *words; /* behind "pond"; ends with NULL; copied */
    const char *folder;       /* to run in; NULL: this process's. Copied. */
    const char *endpoint;     /* POND_RPC in its environment: a URL may hold its
                                 customer's key. NULL: none. Copied. */
    struct bytes input; /* its standard input; copied, and wiped once written */
    size_t output_max;  /* of standard output, bytes */
    uint64_t limit_ms;  /* from its start to its end */
};

/* One line of progress (--progress, docs/pond.1.scd). */
struct own_command_progress {
    const char *doing; /* for people */
    unsigned step, of; /* 0: not said */
};

/*
 * How it ended. status is 0, or as the command's own error says, with its words
 * in err_text():
 * ERR_TIMEOUT and ERR_LIMIT also of the order's limits, ERR_CANCELLED of one
 * that was called off, ERR_CLOSED of one that ended without a word.
 */
struct own_command_end {
    int status;
    const char *hint;    /* what a user can do about it; "": nothing is known */
    struct bytes output; /* what it printed, JSON, an object a line; after an
                            error, too, as far as it came */
};

struct own_command_events {
    /* NULL: nobody wants to know. */
    void (*said)(void *user, const struct own_command_progress *progress);
    /* Once; the command is gone then. */
    void (*ended)(void *user, const struct own_command_end *end);
};

struct own_commands *own_commands_new(uv_loop_t *loop);

/* ERR_BUSY: as many are running as may be; ERR_CANCELLED: it is being closed;
 * ERR_IO: no process could be started. Then no event comes. out may be NULL. */
int own_command_start(struct own_commands *commands,
                      const struct own_command_order *order,
                      const struct own_command_events *events, void *user,
                      struct own_command **out);

/* Call it off: it is told to end, and killed if it does not. ended comes. */
void own_command_cancel(struct own_command *command);

/* Call all off and take no more. closed comes when they are gone. */
void own_commands_close(struct own_commands *commands,
                        void (*closed)(void *user), void *user);

#endif

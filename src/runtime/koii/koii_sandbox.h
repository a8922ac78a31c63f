/*
 * The node's end of pond-launch's socket (runtime/wire/launch_message.h).
 *
 * Thread: the one of the loop; nothing here blocks.
 */
#ifndef POND_RUNTIME_KOII_KOII_SANDBOX_H
#define POND_RUNTIME_KOII_KOII_SANDBOX_H

#include "runtime/koii/koii_process.h"

/* Send the start message. ERR_LIMIT: environment and arguments are too large;
 * ERR_NOT_FOUND: a path is not there. */
int koii_sandbox_start(int socket, const struct koii_launch *launch,
                       char **arguments, char **environment);

/* A message of pond-launch. text, if there is one, is the caller's
 * (json_object_put()), and so is the descriptor; -1: none. */
struct koii_sandbox_message {
    char letter;
    struct json_object *text;
    int descriptor;
};

/* ERR_BUSY: none is here now; ERR_CLOSED: pond-launch is gone. */
int koii_sandbox_receive(int socket, struct koii_sandbox_message *out);

/* A text of the message, or "". */
const char *koii_sandbox_text(const struct koii_sandbox_message *message,
                              const char *name);

#endif

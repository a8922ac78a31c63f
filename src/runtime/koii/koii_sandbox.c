/*
 * What the process sees beside the system's programs is its folder, its bundle,
 * and node's own tree where that is not one of the system's: version managers
 * install to a home folder.
 */
#include "runtime/koii/koii_sandbox.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "runtime/koii/koii_preload.h"
#include "runtime/koii/koii_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* "/home/x/.nvm/versions/node/v20.11.1" of ".../bin/node"; NULL for a program
 * of the system. */
static char *tree_of(const char *program)
{
    char *path = realpath(program, NULL);

    if (!path || !strncmp(path, "/usr/", 5) || !strncmp(path, "/bin/", 5)) {
        free(path);
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(path, '/');
        /* A program right below the root: itself alone. */
        if (!slash || slash == path)
            break;
        *slash = 0;
    }
    return path;
}

int koii_sandbox_start(int socket, const struct koii_launch *launch,
                       char **arguments, char **environment)
{
    struct buffer message = {0};
    char *tree = tree_of(launch->program);
    char *folder = realpath(launch->folder, NULL);
    char *executable = realpath(launch->executable, NULL);
    const char *const readable[] = {executable, tree, NULL};
    char **network = koii_words_network(launch);
    struct launch_start start = {
        .program = launch->program,
        .arguments = (const char *const *)arguments,
        .environment = (const char *const *)environment,
        .network_environment = (const char *const *)network,
        .folder = folder,
        .readable = readable,
        .port_count = KOII_PORTS,
        .limits = launch->limits,
        .confinement = launch->confinement,
        .preload = koii_preload,
    };
    int status = 0;

    if (!folder || !executable)
        status = err_set(ERR_NOT_FOUND, "there is no %s",
                         folder ? launch->executable : launch->folder);
    if (!status) {
        koii_words_ports(launch, start.ports);
        launch_limits_fill(&start.limits);
        launch_start_write(&start, &message);
        if (message.size > LAUNCH_MESSAGE_MAX)
            status = err_set(ERR_LIMIT,
                             "the task's variables are above the limit of %u "
                             "KiB",
                             LAUNCH_MESSAGE_MAX >> 10);
    }
    if (!status && send(socket, message.data, message.size,
                        MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        status = err_errno("can't speak to pond-launch");
    buffer_free(&message);
    koii_words_free(network);
    free(executable);
    free(folder);
    free(tree);
    return status;
}

/* The first descriptor beside the message; -1: none. */
static int descriptor_of(struct msghdr *message)
{
    const struct cmsghdr *first = CMSG_FIRSTHDR(message);
    int descriptor = -1;

    if (first && first->cmsg_level == SOL_SOCKET &&
        first->cmsg_type == SCM_RIGHTS &&
        first->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(&descriptor, CMSG_DATA(first), sizeof(int));
    return descriptor;
}

int koii_sandbox_receive(int socket, struct koii_sandbox_message *out)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char text[4096];
    struct iovec piece = {.iov_base = text, .iov_len = sizeof(text)};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};
    ssize_t size = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return err_set(ERR_BUSY, "nothing is here now");
    if (size <= 0)
        return err_set(ERR_CLOSED, "pond-launch is gone");
    *out = (struct koii_sandbox_message){.letter = text[0],
                                         .descriptor = descriptor_of(&message)};
    /* Without a text, or with one that does not read, there is none. */
    if (size > 1 &&
        json_parse(bytes_make(text + 1, (size_t)size - 1), &out->text))
        out->text = NULL;
    return 0;
}

const char *koii_sandbox_text(const struct koii_sandbox_message *message,
                              const char *name)
{
    const char *text = "";

    if (message->text && json_get_text(message->text, name, &text))
        text = "";
    return text;
}

/*
 * Messages to the node (runtime/wire/launch_message.h), from any of the three
 * processes: each is one sendmsg(), so they don't mix. A node that does not
 * read loses some; the warden must not wait for it.
 */
#include "base/error.h"
#include "base/memory.h"
#include "runtime/launch/launch.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void launch_say(char letter, const struct buffer *text, int descriptor)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec pieces[] = {
        {.iov_base = &letter, .iov_len = 1},
        {.iov_base = text ? text->data : NULL,
         .iov_len = text ? text->size : 0},
    };
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    if (descriptor >= 0) {
        message.msg_control = control.room;
        message.msg_controllen = sizeof(control.room);
        struct cmsghdr *first = CMSG_FIRSTHDR(&message);
        first->cmsg_level = SOL_SOCKET;
        first->cmsg_type = SCM_RIGHTS;
        first->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(first), &descriptor, sizeof(int));
    }
    while (sendmsg(LAUNCH_SOCKET_FD, &message, MSG_NOSIGNAL | MSG_DONTWAIT) <
               0 &&
           errno == EINTR)
        ;
}

void launch_say_failed(const char *what)
{
    struct buffer message = {0};
    struct json_writer writer = json_writer_make(&message);
    char *text = mem_format("%s: %s", what, err_text());
    json_open_object(&writer);
    json_field_text(&writer, "text", text);
    json_close_object(&writer);
    launch_say('F', &message, -1);
    free(text);
    buffer_free(&message);
}

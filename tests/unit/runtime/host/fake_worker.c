/*
 * A worker gone bad: takes the start message, whose source names what to do,
 * and then does it for ever.
 */
#include "base/check.h"
#include "runtime/wire/message.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define NODE_FD 3

static void say(const char *head)
{
    struct buffer text = {0};
    message_write(&text, bytes_text(head), bytes_make(NULL, 0));
    size_t done = 0;
    while (done < text.size) {
        ssize_t put = send(NODE_FD, text.data + done, text.size - done, 0);
        if (put <= 0)
            exit(0);
        done += (size_t)put;
    }
    buffer_free(&text);
}

/* Numbered requests, whose answers are not read. */
static void ask_for_ever(void)
{
    for (unsigned id = 1;; id++) {
        struct buffer head = {0};
        buffer_format(&head,
                      "{\"type\":\"request\",\"id\":%u,\"method\":\"storeGet\","
                      "\"params\":[\"large\"]}",
                      id);
        say(buffer_string(&head));
        buffer_free(&head);
    }
}

static void send_garbage(void)
{
    uint8_t garbage[4096];
    for (size_t i = 0; i < sizeof(garbage); i++)
        garbage[i] = (uint8_t)(i * 167 + 13);
    while (send(NODE_FD, garbage, sizeof(garbage), 0) > 0)
        ;
}

int main(void)
{
    struct message_reader reader = {0};
    struct message message;
    uint8_t room[4096];
    bool more = false;
    signal(SIGPIPE, SIG_IGN);
    while (!more) {
        ssize_t got = recv(NODE_FD, room, sizeof(room), 0);
        CHECK(got > 0);
        message_reader_add(&reader, bytes_make(room, (size_t)got));
        CHECK(!message_reader_next(&reader, &message, &more));
    }
    if (bytes_equal(message.payload, bytes_text("log")))
        for (;;)
            say("{\"type\":\"log\",\"level\":\"info\",\"text\":\"spam\"}");
    if (bytes_equal(message.payload, bytes_text("ask")))
        ask_for_ever();
    if (bytes_equal(message.payload, bytes_text("garbage")))
        send_garbage();
    if (bytes_equal(message.payload, bytes_text("bare")))
        say("{\"type\":\"hello\",\"version\":\"0\",\"sandbox\":{\"seccomp\":"
            "true,"
            "\"no_new_privileges\":true,\"capabilities_dropped\":true,"
            "\"resource_limits\":true,\"landlock\":false}}");
    if (bytes_equal(message.payload, bytes_text("ready")))
        say("{\"type\":\"ready\",\"functions\":[]}");
    if (bytes_equal(message.payload, bytes_text("lie")))
        say("{\"type\":\"result\",\"id\":77,\"ok\":true}");
    /* "silence", and after what is said once */
    for (;;)
        pause();
}

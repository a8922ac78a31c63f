/*
 * A name server for tests, on a thread: it answers for what.example as the
 * first label of the name says.
 *
 *     _mongodb._tcp.*   two services, with an alias before them
 *     texts.*           two texts, one of two pieces with a byte above ASCII
 *     broken.*          a record that ends in the middle
 *     silent.*          nothing
 *     others            there is no such name
 */
#ifndef POND_TESTS_NAME_SERVER_H
#define POND_TESTS_NAME_SERVER_H

#include "test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct name_server {
    int socket;
    struct sockaddr_in address;
    pthread_t thread;
};

/* A record of the question's name (a pointer to byte 12), class IN. */
static inline size_t name_record(uint8_t *out, uint8_t type, const void *data,
                                 size_t size)
{
    const uint8_t head[12] = {
        0xc0,         12, 0, type, 0, 1, 0, 0, 0, 60, (uint8_t)(size >> 8),
        (uint8_t)size};

    memcpy(out, head, 12);
    memcpy(out + 12, data, size);
    return 12 + size;
}

/* Behind a question of size bytes; the new size, 0: no answer. */
static inline size_t name_answer(uint8_t *message, size_t size)
{
    static const char services[2][23] = {"\0\1\0\2\x69\x89\5first\7example\0",
                                         "\0\3\0\4\x69\x8a\5other\7example\0"};
    static const char texts[2][12] = {"\3a=\xe9\4b=cd", "\12replicaSet"};
    const char *label = (const char *)message + 12;

    message[2] |= 0x80; /* an answer, */
    message[3] = 0x80; /* without an error; no other sections, EDNS's neither */
    memset(message + 6, 0, 6);
    if (!memcmp(label, "\x08_mongodb", 9)) {
        message[7] = 3;
        size += name_record(message + size, 5, "\1x\0", 3);
        for (size_t i = 0; i < 2; i++)
            size += name_record(message + size, 33, services[i], 21);
    } else if (!memcmp(label, "\5texts", 6)) {
        message[7] = 2;
        size += name_record(message + size, 16, texts[0], 9);
        size += name_record(message + size, 16, texts[1], 11);
    } else if (!memcmp(label, "\6broken", 7)) {
        message[7] = 1;
        size += name_record(message + size, 16, "\x20x", 2);
        message[7] = 1;
    } else if (!memcmp(label, "\6silent", 7)) {
        return 0;
    } else {
        message[3] |= 3;
    }
    return size;
}

/* The question ends behind its name, type and class. */
static inline void *name_serve(void *user)
{
    struct name_server *server = user;
    uint8_t message[1024];
    struct sockaddr_in client;
    socklen_t length = sizeof(client);
    ssize_t size;

    while ((size = recvfrom(server->socket, message, 512, 0,
                            (struct sockaddr *)&client, &length)) > 12) {
        size_t end = 12;
        while (end < (size_t)size && message[end])
            end += 1u + message[end];
        size_t answer = name_answer(message, end + 5);
        if (answer)
            (void)!sendto(server->socket, message, answer, 0,
                          (struct sockaddr *)&client, length);
    }
    return NULL;
}

static inline void name_server_start(struct name_server *server)
{
    socklen_t size = sizeof(server->address);

    server->address = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    server->socket = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(
        bind(server->socket, (struct sockaddr *)&server->address, size), 0);
    getsockname(server->socket, (struct sockaddr *)&server->address, &size);
    assert_int_equal(pthread_create(&server->thread, NULL, name_serve, server),
                     0);
}

/* An empty message ends it. */
static inline void name_server_stop(struct name_server *server)
{
    (void)!sendto(server->socket, "", 0, 0, (struct sockaddr *)&server->address,
                  sizeof(server->address));
    pthread_join(server->thread, NULL);
    close(server->socket);
}

#endif

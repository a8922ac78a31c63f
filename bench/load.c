#include "load.h"

#include "base/check.h"
#include "base/clock.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

void load_connect(struct load_connection *connection, uint16_t port, int epoll)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->socket = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connection->socket >= 0);
    CHECK(!connect(connection->socket, (struct sockaddr *)&address,
                   sizeof(address)));
    CHECK(!setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on,
                      sizeof(on)));
    CHECK(!epoll_ctl(epoll, EPOLL_CTL_ADD, connection->socket, &event));
}

void load_disconnect(struct load_connection *connection)
{
    close(connection->socket);
}

size_t load_request(char out[LOAD_REQUEST_MAX], const char *method,
                    const char *params)
{
    char body[LOAD_REQUEST_MAX - 256];
    int size = snprintf(body, sizeof(body),
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\","
                        "\"params\":[%s]}",
                        method, params);
    CHECK(size > 0 && (size_t)size < sizeof(body));
    return (size_t)snprintf(out, LOAD_REQUEST_MAX,
                            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                            "Content-Type: application/json\r\n"
                            "Content-Length: %d\r\n\r\n%s",
                            size, body);
}

void load_send(struct load_connection *connection, const char *request,
               size_t size)
{
    connection->filled = 0;
    connection->sent_ns = clock_monotonic_ns();
    CHECK(send(connection->socket, request, size, MSG_NOSIGNAL) ==
          (ssize_t)size);
}

bool load_receive(struct load_connection *connection)
{
    ssize_t got =
        recv(connection->socket, connection->answer + connection->filled,
             LOAD_ANSWER_MAX - 1 - connection->filled, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    CHECK(got > 0);
    connection->filled += (size_t)got;
    connection->answer[connection->filled] = 0;
    const char *end = strstr(connection->answer, "\r\n\r\n");
    const char *length = strcasestr(connection->answer, "content-length:");
    if (!end || !length)
        return false;
    size_t body = strtoul(length + 15, NULL, 10);
    size_t whole = (size_t)(end + 4 - connection->answer) + body;
    CHECK(whole < LOAD_ANSWER_MAX);
    return connection->filled >= whole;
}

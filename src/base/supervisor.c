/*
 * A name that begins with '@' stands for Linux's abstract sockets, whose names
 * begin with a NUL and end where the address ends. Addresses of VSOCK, which
 * systemd has for whole virtual machines, are refused.
 */
#include "base/supervisor.h"

#include "base/check.h"
#include "base/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VARIABLE "NOTIFY_SOCKET"

/* The watchdog is meant for the process that it names; a program that was
 * started by that one only inherits the variables. 0 for anything odd. */
static uint64_t watchdog_ms(void)
{
    const char *process = getenv("WATCHDOG_PID");
    const char *period = getenv("WATCHDOG_USEC");
    char *end;

    if (!period || *period < '0' || *period > '9')
        return 0;
    if (process && strtol(process, NULL, 10) != (long)getpid())
        return 0;
    errno = 0;
    unsigned long long us = strtoull(period, &end, 10);
    return errno || *end ? 0 : us / 1000;
}

static int read_address(const char *name, struct supervisor *supervisor)
{
    struct sockaddr_un *address = &supervisor->address;
    size_t size = strlen(name);

    if ((*name != '/' && *name != '@') || size < 2 ||
        size >= sizeof(address->sun_path))
        return err_set(ERR_INVALID, VARIABLE " is no path of a socket: %.120s",
                       name);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, name, size + 1);
    if (*name == '@')
        address->sun_path[0] = 0;
    supervisor->address_size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    return 0;
}

int supervisor_open(struct supervisor *supervisor)
{
    const char *name = getenv(VARIABLE);
    int status = 0;

    *supervisor = (struct supervisor){.socket = -1};
    if (name && *name) {
        status = read_address(name, supervisor);
        if (!status) {
            supervisor->watchdog_ms = watchdog_ms();
            supervisor->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
            if (supervisor->socket < 0)
                status = err_errno("a socket for " VARIABLE);
        }
    }
    unsetenv(VARIABLE);
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
    return status;
}

int supervisor_say(const struct supervisor *supervisor, const char *message)
{
    CHECK(message && *message);
    if (supervisor->socket < 0)
        return 0;
    if (sendto(supervisor->socket, message, strlen(message),
               MSG_DONTWAIT | MSG_NOSIGNAL,
               (const struct sockaddr *)&supervisor->address,
               supervisor->address_size) >= 0)
        return 0;
    if (errno == EAGAIN || errno == ENOBUFS)
        return err_set(ERR_BUSY, "the supervisor does not read");
    return err_set(ERR_IO, "the supervisor can't be reached: %s",
                   strerror(errno));
}

void supervisor_hand_on(const struct supervisor *supervisor)
{
    char name[sizeof(supervisor->address.sun_path) + 1] = "";
    char number[24];

    if (supervisor->socket < 0)
        return;
    memcpy(name, supervisor->address.sun_path,
           sizeof(supervisor->address.sun_path));
    if (!*name)
        *name = '@';
    (void)setenv(VARIABLE, name, 1);
    if (!supervisor->watchdog_ms)
        return;
    snprintf(number, sizeof(number), "%" PRIu64,
             supervisor->watchdog_ms * 1000);
    (void)setenv("WATCHDOG_USEC", number, 1);
    snprintf(number, sizeof(number), "%d", (int)getpid());
    (void)setenv("WATCHDOG_PID", number, 1);
}

void supervisor_close(struct supervisor *supervisor)
{
    if (supervisor->socket >= 0)
        close(supervisor->socket);
    supervisor->socket = -1;
}

/*
 * The supervisor of this process, if there is one that wants to be spoken to:
 * systemd, for a unit of Type=notify, or another program that offers its
 * protocol. Messages are datagrams of lines "NAME=value" to the socket that
 * NOTIFY_SOCKET names; WATCHDOG_USEC and WATCHDOG_PID say how long it waits
 * for a sign of life (sd_notify(3), sd_watchdog_enabled(3)).
 *
 * The protocol is small and promised to be stable, so nothing of libsystemd is
 * linked for it.
 *
 * Thread: one at a time.
 */
#ifndef POND_BASE_SUPERVISOR_H
#define POND_BASE_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Invariant: socket is -1, or open and address holds where it sends to. A
 * struct of zeros is none yet: supervisor_open() first. */
struct supervisor {
    int socket; /* -1: nobody listens */
    struct sockaddr_un address;
    socklen_t address_size;
    uint64_t watchdog_ms; /* it wants a sign of life in less; 0: none */
};

/* Read the variables, and take them out of the environment, so that programs
 * that this one starts don't speak in its name. ERR_INVALID for an address that
 * is none. Without NOTIFY_SOCKET it returns 0 and there is nobody to speak to.
 */
int supervisor_open(struct supervisor *supervisor);

/* Send a message, such as "READY=1\nSTATUS=serves". It never waits: ERR_BUSY
 * if the supervisor's queue is full (try again later), ERR_IO if it is gone. 0
 * where there is nobody to speak to. */
int supervisor_say(const struct supervisor *supervisor, const char *message);

/* Put the variables back, for the program that takes this one's place in the
 * same process. */
void supervisor_hand_on(const struct supervisor *supervisor);

/* Once or more often. */
void supervisor_close(struct supervisor *supervisor);

#endif

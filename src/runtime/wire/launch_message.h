/*
 * What a node says to pond-launch, and what pond-launch answers. A message is a
 * letter and, for some, a JSON text, at most LAUNCH_MESSAGE_MAX bytes together;
 * some have a descriptor beside them. The socket keeps messages apart
 * (SOCK_SEQPACKET).
 *
 *   to pond-launch
 *     {...}     first, and without a letter: struct launch_start
 *     S         a socket, please
 *     K         end the program at once
 *     CN        another limit of processor time: launch_limits.cpu_percent, in
 *               decimal
 *   from pond-launch
 *     H {...}   what confines the program (confinement.h). Then, if that is
 *               enough, the program runs, and there come
 *     L         a listener, once for each of launch_start.ports, in that order;
 *               none without a network of its own
 *     S         a TCP socket of the task's network, with which the node reaches
 *               the task's own server
 *     U {"memory_bytes":N,"cpu_ms":N}
 *               what all of its processes take, and have used of processors,
 *               once a second
 *     X {"limit":L,"text":T}  the program is ended, because it passed the limit
 *               ("memory", "processes", "disk")
 *     F {"text":T}  the program was not started, and why
 *
 * The socket is closed in the program. So what comes through it is from
 * pond-launch, which runs no byte of the task.
 */
#ifndef POND_RUNTIME_WIRE_LAUNCH_MESSAGE_H
#define POND_RUNTIME_WIRE_LAUNCH_MESSAGE_H

#include "base/buffer.h"
#include "runtime/wire/confinement.h"

/* A socket's default buffer (net.core.wmem_default) is 208 KiB. */
#define LAUNCH_MESSAGE_MAX (160u << 10)

/* Descriptors of pond-launch: the program's channel, and this socket. */
#define LAUNCH_CHANNEL_FD 3
#define LAUNCH_SOCKET_FD 4

#define LAUNCH_PORTS_MAX 4
#define LAUNCH_PATHS_MAX 16

/* 0: the default of launch_limits_fill(). */
struct launch_limits {
    /* Resident memory of all its processes together. */
    uint64_t memory_bytes;
    /* Used by files in its folder. */
    uint64_t disk_bytes;
    /* The largest single file. */
    uint64_t file_bytes;
    /* Processes and threads. */
    uint32_t processes;
    /* Of each process. */
    uint32_t open_files;
    /* Of one processor: 100 is one whole one; 0: no limit. */
    uint32_t cpu_percent;
};

/* Node with a bundle takes 50 to 150 MB and a dozen threads, Chromium 300 to
 * 600 MB and, on two processors, 134 threads with one page and 255 with a
 * dozen. */
void launch_limits_fill(struct launch_limits *limits);

/* Texts are borrowed. Paths are absolute. */
struct launch_start {
    /* NULL-ended lists; the first argument is the program's own name. */
    const char *program;
    const char *const *arguments;
    const char *const *environment;
    /* Added where the program has a network and a root of its own: what leads
     * it to the ports and to the preload. */
    const char *const *network_environment;
    /* The task's folder: its working directory, HOME and, with "tmp" below it,
     * /tmp. All that it writes is in there. */
    const char *folder;
    /* What it may read beside the system's programs; NULL-ended. */
    const char *const *readable;
    /* Loopback ports on which pond-launch listens for the node. */
    uint16_t ports[LAUNCH_PORTS_MAX];
    size_t port_count;
    struct launch_limits limits;
    enum confinement_wanted confinement;
    /* Text of a script that Node loads before the bundle, or NULL: it stands at
     * LAUNCH_PRELOAD_PATH. */
    const char *preload;
};

#define LAUNCH_PRELOAD_PATH "/etc/pond/preload.js"

/* Append the message. */
void launch_start_write(const struct launch_start *start, struct buffer *out);

/* The texts and lists belong to message, which the caller keeps; lists are
 * allocated and live as long as the process. ERR_INVALID. */
int launch_start_read(struct json_object *message, struct launch_start *out);

#endif

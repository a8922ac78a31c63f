/*
 * What confines the process of a task, as the process reports it and as its
 * node wants it. Both judge by the same functions: the process before it runs a
 * task's first line, the node when the process reports.
 */
#ifndef POND_RUNTIME_WIRE_CONFINEMENT_H
#define POND_RUNTIME_WIRE_CONFINEMENT_H

#include "base/json.h"
#include <stdbool.h>
#include <stdint.h>

/* The layers that were put in place (runtime/sandbox/sandbox.h). */
struct confinement {
    bool no_new_privileges;
    bool seccomp;
    bool landlock;
    /* The version of the kernel's interface, or 0. */
    uint32_t landlock_version;
    bool capabilities_dropped;
    bool resource_limits;
    /* Namespaces (namespaces(7)) of its own: */
    bool own_user;      /* privileges inside mean nothing outside */
    bool own_root;      /* files that are not its own do not exist */
    bool own_network;   /* only its own loopback exists */
    bool own_ipc;       /* no shared memory, queue or semaphore of others */
    bool own_processes; /* no other process exists; all end with the first */
    /* A cgroup that limits memory and the number of processes. */
    bool group;
};

/* What a node demands for a task. The first is the default. */
enum confinement_wanted {
    CONFINEMENT_WHOLE,            /* every layer that needs no namespaces */
    CONFINEMENT_WITHOUT_LANDLOCK, /* every other layer */
    CONFINEMENT_ANY,              /* the layers that this machine has */
    CONFINEMENT_STRICT,           /* namespaces as well */
};

/* The first wanted layer that a worker of the engine `pond` is missing, in
 * words that follow "this machine has no ". NULL if no layer is missing. */
const char *confinement_missing(const struct confinement *confinement,
                                enum confinement_wanted wanted);

/* The same for a program that the sandbox starts (the engine `node`). It may
 * make sockets and start programs, so nothing but namespaces keeps it from the
 * network and from other processes: they are wanted unless anything goes. */
const char *
confinement_missing_for_program(const struct confinement *confinement,
                                enum confinement_wanted wanted);

/* "whole", "without-landlock", "any" or "strict", as the start message has it.
 */
const char *confinement_name(enum confinement_wanted wanted);

/* An unknown name is CONFINEMENT_STRICT, the strictest. */
enum confinement_wanted confinement_named(const char *name);

/* The report as a JSON object, and back. What the object does not say does not
 * hold. */
void confinement_write(struct json_writer *writer,
                       const struct confinement *confinement);
void confinement_read(struct json_object *object, struct confinement *out);

#endif

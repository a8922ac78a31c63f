/*
 * What confines a worker's process, as the worker reports it and as its node
 * wants it. Both judge by the same function: the worker before it runs a task's
 * first line, the node when the worker reports.
 */
#ifndef POND_RUNTIME_WIRE_CONFINEMENT_H
#define POND_RUNTIME_WIRE_CONFINEMENT_H

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
};

/* What a node demands for a task. The first is the default. */
enum confinement_wanted {
    CONFINEMENT_WHOLE,            /* every layer */
    CONFINEMENT_WITHOUT_LANDLOCK, /* every other layer */
    CONFINEMENT_ANY,              /* the layers that this machine has */
};

/* The first wanted layer that is missing, in words that follow "this machine
 * has no ". NULL if no layer is missing. */
const char *confinement_missing(const struct confinement *confinement,
                                enum confinement_wanted wanted);

/* "whole", "without-landlock" or "any", as the start message has it. */
const char *confinement_name(enum confinement_wanted wanted);

/* An unknown name is CONFINEMENT_WHOLE, the strictest. */
enum confinement_wanted confinement_named(const char *name);

#endif

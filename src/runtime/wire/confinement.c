/*
 * The layers stand in one table, in the order in which a missing one is
 * reported: what machines most often lack comes first, because its remedy is
 * known.
 */
#include "runtime/wire/confinement.h"
#include "base/check.h"
#include <stddef.h>
#include <string.h>

/* Who wants a layer. */
enum {
    WANTED_WHOLE = 1,
    WANTED_WITHOUT_LANDLOCK = 2,
    WANTED_STRICT = 4,
    /* A program wants it, with or without Landlock. */
    WANTED_PROGRAM = 8,
    WANTED_ALWAYS = WANTED_WHOLE | WANTED_WITHOUT_LANDLOCK | WANTED_STRICT,
};

static const struct {
    const char *name; /* in the report */
    const char *missing;
    size_t offset; /* of a bool in struct confinement */
    int wanted;
} layers[] = {
#define LAYER(field, wanted, missing)                                          \
    {                                                                          \
#field, missing, offsetof(struct confinement, field), wanted           \
    }
    LAYER(landlock, WANTED_WHOLE | WANTED_STRICT,
          "Landlock, which keeps a task to its own folder"),
    LAYER(seccomp, WANTED_ALWAYS,
          "seccomp, which keeps a task to the system calls it needs"),
    LAYER(no_new_privileges, WANTED_ALWAYS,
          "no_new_privs, which keeps a task from gaining privileges"),
    LAYER(capabilities_dropped, WANTED_ALWAYS,
          "way to drop a task's capabilities"),
    LAYER(resource_limits, WANTED_ALWAYS,
          "limits for a task's files and descriptors"),
    LAYER(own_user, WANTED_STRICT | WANTED_PROGRAM,
          "user namespace, in which a task's privileges mean nothing"),
    LAYER(own_root, WANTED_STRICT | WANTED_PROGRAM,
          "mount namespace, which hides other files from a task"),
    LAYER(own_network, WANTED_STRICT | WANTED_PROGRAM,
          "network namespace, which keeps a task from the network"),
    LAYER(own_ipc, WANTED_STRICT | WANTED_PROGRAM,
          "IPC namespace, which keeps a task from others' shared memory"),
    LAYER(own_processes, WANTED_PROGRAM,
          "PID namespace, which hides other processes from a task"),
    /* Where there is none, the node watches memory and processes itself. */
    LAYER(group, 0, "cgroup"),
#undef LAYER
};
#define COUNT (sizeof(layers) / sizeof(*layers))

static bool *layer_of(struct confinement *confinement, size_t i)
{
    return (bool *)((char *)confinement + layers[i].offset);
}

static bool holds(const struct confinement *confinement, size_t i)
{
    return *(const bool *)((const char *)confinement + layers[i].offset);
}

static const char *find_missing(const struct confinement *confinement,
                                int wanted)
{
    CHECK(confinement);
    for (size_t i = 0; i < COUNT; i++)
        if (layers[i].wanted & wanted && !holds(confinement, i))
            return layers[i].missing;
    return NULL;
}

static int bits_of(enum confinement_wanted wanted)
{
    switch (wanted) {
    case CONFINEMENT_WITHOUT_LANDLOCK:
        return WANTED_WITHOUT_LANDLOCK;
    case CONFINEMENT_ANY:
        return 0;
    case CONFINEMENT_STRICT:
        return WANTED_STRICT;
    case CONFINEMENT_WHOLE:
        break;
    }
    return WANTED_WHOLE;
}

const char *confinement_missing(const struct confinement *confinement,
                                enum confinement_wanted wanted)
{
    return find_missing(confinement, bits_of(wanted));
}

const char *
confinement_missing_for_program(const struct confinement *confinement,
                                enum confinement_wanted wanted)
{
    int bits = bits_of(wanted);
    return find_missing(confinement, bits ? bits | WANTED_PROGRAM : 0);
}

static const char *const names[] = {
    [CONFINEMENT_WHOLE] = "whole",
    [CONFINEMENT_WITHOUT_LANDLOCK] = "without-landlock",
    [CONFINEMENT_ANY] = "any",
    [CONFINEMENT_STRICT] = "strict",
};

const char *confinement_name(enum confinement_wanted wanted)
{
    return names[wanted];
}

enum confinement_wanted confinement_named(const char *name)
{
    CHECK(name);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (!strcmp(name, names[i]))
            return (enum confinement_wanted)i;
    return CONFINEMENT_STRICT;
}

void confinement_write(struct json_writer *writer,
                       const struct confinement *confinement)
{
    json_open_object(writer);
    for (size_t i = 0; i < COUNT; i++)
        json_field_bool(writer, layers[i].name, holds(confinement, i));
    json_field_u64(writer, "landlock_version", confinement->landlock_version);
    json_close_object(writer);
}

void confinement_read(struct json_object *object, struct confinement *out)
{
    uint64_t version;
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < COUNT; i++)
        if (json_get_bool(object, layers[i].name, layer_of(out, i)))
            *layer_of(out, i) = false;
    /* A number beyond is no version: reported as none. */
    if (!json_get_u64(object, "landlock_version", &version) &&
        version <= UINT32_MAX)
        out->landlock_version = (uint32_t)version;
}

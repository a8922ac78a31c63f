/*
 * The layer that machines most often lack is reported first, because its remedy
 * is known.
 */
#include "runtime/wire/confinement.h"
#include "base/check.h"
#include <stddef.h>
#include <string.h>

const char *confinement_missing(const struct confinement *confinement,
                                enum confinement_wanted wanted)
{
    CHECK(confinement);
    if (wanted == CONFINEMENT_ANY)
        return NULL;
    if (!confinement->landlock && wanted != CONFINEMENT_WITHOUT_LANDLOCK)
        return "Landlock, which keeps a task to its own folder";
    if (!confinement->seccomp)
        return "seccomp, which keeps a task to the system calls it needs";
    if (!confinement->no_new_privileges)
        return "no_new_privs, which keeps a task from gaining privileges";
    if (!confinement->capabilities_dropped)
        return "way to drop a task's capabilities";
    if (!confinement->resource_limits)
        return "limits for a task's files and descriptors";
    return NULL;
}

const char *confinement_name(enum confinement_wanted wanted)
{
    switch (wanted) {
    case CONFINEMENT_WITHOUT_LANDLOCK:
        return "without-landlock";
    case CONFINEMENT_ANY:
        return "any";
    case CONFINEMENT_WHOLE:
        break;
    }
    return "whole";
}

enum confinement_wanted confinement_named(const char *name)
{
    CHECK(name);
    if (!strcmp(name, confinement_name(CONFINEMENT_WITHOUT_LANDLOCK)))
        return CONFINEMENT_WITHOUT_LANDLOCK;
    if (!strcmp(name, confinement_name(CONFINEMENT_ANY)))
        return CONFINEMENT_ANY;
    return CONFINEMENT_WHOLE;
}

/*
 * Between the sources of this room: one for each kind of wall.
 */
#ifndef POND_RUNTIME_SANDBOX_SANDBOX_INTERNAL_H
#define POND_RUNTIME_SANDBOX_SANDBOX_INTERNAL_H

#include "runtime/sandbox/sandbox.h"

/* Landlock: deny all paths but those of the description. */
void sandbox_confine_paths(const struct sandbox *sandbox,
                           struct confinement *report);

#endif

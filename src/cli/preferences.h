/*
 * What the operator wants of the node itself (owner/preference.h), as
 * `pond node settings` and `pond node set` have it beside what is chosen in
 * place of options. These talk to the node (node_face.h).
 */
#ifndef POND_CLI_PREFERENCES_H
#define POND_CLI_PREFERENCES_H

#include "cli/cli.h"

/* Is there one of that name? */
bool preferences_has(const char *name);

/* value NULL, or "": as it is where nothing was said. Amounts are in KOII. */
int preferences_set(struct cli *cli, const char *name, const char *value);

/* A record for each, into a list that is open: name, value, used, given. */
int preferences_add(struct cli *cli);

#endif

/*
 * What the commands about a block store share: which store, and how it is
 * opened.
 */
#ifndef POND_CLI_STORE_H
#define POND_CLI_STORE_H

#include "cli/command.h"
#include "storage/store.h"

/* Open the store in folder, or the user's own where that is NULL. The hints
 * say what to do where it is missing or in use. */
int cli_store_open(struct cli *cli, const char *folder, bool read_only,
                   struct store **out);

/* "CID", "CID/path", "/ipfs/CID/path". *path points into text. */
int cli_store_parse(const char *text, struct cid *root, struct bytes *path);

#endif

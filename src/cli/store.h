/*
 * What the commands about a block store share: which store, how it is opened,
 * and the forms under which people write CIDs.
 *
 * Thread: the main one.
 */
#ifndef POND_CLI_STORE_H
#define POND_CLI_STORE_H

#include "cli/command.h"
#include "storage/store/store.h"

/* Open the store in folder, or the user's own where that is NULL; close it
 * with store_close(). Writing makes one that is absent; reading does not
 * (ERR_NOT_FOUND), and works beside a process that writes. ERR_LOCKED: another
 * process writes to it. The hints say what to do in either case. */
int cli_store_open(struct cli *cli, const char *folder, bool read_only,
                   struct store **out);

/* "CID", "CID/path" or "/ipfs/CID/path". *path points into text and is empty
 * where there is none; it is not looked at, unixfs_resolve() does that. The
 * errors of cid_parse(). */
int cli_store_parse(const char *text, struct cid *root, struct bytes *path);

#endif

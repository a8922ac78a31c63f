/*
 * The newest snapshot of a folder, for frequent readers: the folder is read
 * again only when it has changed.
 */
#ifndef POND_SETTLEMENT_LEDGER_SNAPSHOT_WATCH_H
#define POND_SETTLEMENT_LEDGER_SNAPSHOT_WATCH_H

#include <stdint.h>

struct snapshot_watch;

/* folder is copied, and need not exist. */
struct snapshot_watch *snapshot_watch_new(const char *folder);
void snapshot_watch_free(struct snapshot_watch *watch); /* NULL is allowed */

/* As snapshot_newest(), at most SNAPSHOT_WATCH_MS late. ERR_NOT_FOUND. Thread:
 * any number at once. */
#define SNAPSHOT_WATCH_MS 100
int snapshot_watch_newest(struct snapshot_watch *watch, uint64_t *slot);

#endif

/*
 * Settings (money/journal_setting.h) written off the loop's thread.
 *
 * Thread: the loop's.
 */
#ifndef POND_NODE_OWNER_SETTING_WRITE_H
#define POND_NODE_OWNER_SETTING_WRITE_H

#include "node/money/journal_setting.h"
#include "node/money/journal_writer.h"

/* Called from the loop, once, and after the write; err_text() says what went
 * wrong. */
typedef void setting_written(void *user, int status);

/* Put, or remove where value.data is NULL. name and value are copied. Writes
 * are carried out in the order in which they were asked for. */
void setting_write(struct journal_writer *writer, enum journal_setting kind,
                   const char *name, struct bytes value, setting_written *done,
                   void *user);

#endif

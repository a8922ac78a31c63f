/*
 * The file `votes`: what a validator has voted (consensus/vote_record.h), on
 * disk before any vote is sent.
 *
 *     a ring of VOTE_FILE_PLACES records of 1,024 bytes; of the valid ones that
 *     with the highest sequence counts, wherever it stands
 *
 * A record is written in the place after the one that counts, so a crash can
 * tear only the new one. That one had not been reported as durable, and the one
 * before it counts. Whatever else is wrong with the file means that the disk
 * has lost a record that may have been relied upon. Then, and when there is no
 * file, the validator does not know what it has voted: it has *forgotten*, and
 * must not vote before it knows what it can't have voted (consensus.h).
 *
 * A torn record is told from a damaged one by sums: each record carries those
 * of the two sectors that its successor will overwrite. After a torn write one
 * of them is what it was.
 *
 * The folder's lock is the caller's. Calls wait for the disk.
 *
 * Thread: one at a time.
 */
#ifndef POND_SETTLEMENT_WRITE_AHEAD_VOTE_FILE_H
#define POND_SETTLEMENT_WRITE_AHEAD_VOTE_FILE_H

#include "base/disk.h"
#include "consensus/vote_record.h"

#define VOTE_FILE_PLACES 64
#define VOTE_FILE_SIZE (VOTE_FILE_PLACES * VOTE_RECORD_SIZE)

struct vote_file;

/* Make the file, in place of whatever is there, with a first record. It is
 * durable when this returns 0. For a new network, and for the first record
 * after the validator had forgotten. disk is borrowed. ERR_IO, ERR_FULL. */
int vote_file_make(struct disk *disk, const char *path,
                   const struct vote_tag *tag, const struct vote_record *record,
                   struct vote_file **out);

/* Open it and read the record that counts. ERR_NOT_FOUND: the validator has
 * forgotten; the text says why: no file, a record of another network or voter,
 * none that is valid, or damage where the newest may have been. ERR_IO: the
 * file could not be opened at all. */
int vote_file_open(struct disk *disk, const char *path,
                   const struct vote_tag *tag, struct vote_file **out,
                   struct vote_record *record);
void vote_file_close(struct vote_file *file); /* NULL is allowed */

/* The record is on disk when this returns 0; its sequence is higher than that
 * of any before (CHECKed). An error is final: every later call fails, too. */
int vote_file_write(struct vote_file *file, const struct vote_record *record);

#endif

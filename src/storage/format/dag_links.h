/*
 * The links of one block of any codec. Pure, no I/O.
 */
#ifndef POND_STORAGE_FORMAT_DAG_LINKS_H
#define POND_STORAGE_FORMAT_DAG_LINKS_H

#include "storage/format/cid.h"

/* Call each for every link of one block in order of appearance, until it
 * returns something other than 0, which is then returned. Codecs dag-pb,
 * dag-cbor and dag-json have links, others none. ERR_INVALID for a block that
 * is not what its codec says. */
int dag_links(const struct cid *cid, struct bytes data,
              int (*each)(void *user, const struct cid *link), void *user);

#endif

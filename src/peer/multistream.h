/*
 * multistream-select 1.0: how two ends agree on a protocol
 * (github.com/libp2p/specs, connections/README.md). A message is its length as
 * a varint, a text and a newline. Both begin with "/multistream/1.0.0"; the
 * dialler then proposes one protocol after the other, and the listener repeats
 * the one it speaks, or says "na".
 *
 * A machine without socket: bytes come in and go out as arguments.
 */
#ifndef POND_PEER_MULTISTREAM_H
#define POND_PEER_MULTISTREAM_H

#include "base/buffer.h"

/* Of a message with its newline, as libp2p's implementations have it. */
#define MULTISTREAM_MESSAGE_MAX 1024u
/* Proposals that a listener refuses before it gives up. */
#define MULTISTREAM_PROPOSALS_MAX 16u

struct multistream {
    bool is_dialler;
    bool has_header;
    bool is_done;
    /* Borrowed. */
    const char *const *protocols;
    size_t count;
    /* The one proposed now (dialler), or agreed on. */
    size_t choice;
    unsigned refused;
};

/* Append what is to be sent first. protocols: what this end speaks, at least
 * one; a dialler's in the order of its preference; borrowed as long as the
 * negotiation lasts. */
void multistream_begin(struct multistream *multistream, bool is_dialler,
                       const char *const *protocols, size_t count,
                       struct buffer *out);

/* Take what came, as far as it belongs to the negotiation: *used bytes, whole
 * messages only. Give the rest again when more has come; once is_done it is the
 * protocol's, which is choice. Appends to out what is to be sent. ERR_INVALID:
 * this is not multistream-select; ERR_UNSUPPORTED: there is no protocol that
 * both speak. */
int multistream_take(struct multistream *multistream, struct bytes in,
                     size_t *used, struct buffer *out);

#endif

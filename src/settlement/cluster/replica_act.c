/*
 * What the machine wants done: votes to sign and send, questions, and what of
 * blocks the execution and the log are to know.
 */
#include "base/check.h"
#include "base/memory.h"
#include "settlement/cluster/replica_internal.h"

#include <stdlib.h>

static void sign(struct replica *replica, struct replica_clock clock,
                 const struct consensus_output *output)
{
    struct vote vote = output->vote;

    replica->options.signing.sign(replica->options.signing.user, &vote);
    replica_signers_note(replica, clock, &vote);
    replica_signers_tell(replica, &vote);
    consensus_vote(replica->consensus, clock.ns, replica->options.self, &vote);
}

static void send_vote(struct replica *replica,
                      const struct consensus_output *output)
{
    struct buffer body = {0};

    vote_encode(&output->vote, &body);
    replica_send(replica, output->peer, PEER_VOTES, CLUSTER_VOTES, &body);
}

static void verify(struct replica *replica, struct replica_clock clock,
                   const struct consensus_output *output)
{
    bool *is_good = mem_zero(output->count + 1, sizeof(*is_good));

    replica->options.signing.check(replica->options.signing.user, output->votes,
                                   output->count, is_good);
    for (size_t i = 0; i < output->count; i++)
        if (is_good[i])
            replica_signers_tell(replica, &output->votes[i]);
    consensus_verified(replica->consensus, clock.ns, output->request, is_good);
    free(is_good);
}

static void ask(struct replica *replica, const struct consensus_output *output)
{
    const struct cluster_question question = {.kind = output->question.kind ==
                                                              CONSENSUS_EVIDENCE
                                                          ? CLUSTER_EVIDENCE
                                                          : CLUSTER_CERTIFICATE,
                                              .consensus = output->question};

    replica_ask(replica, output->peer, &question);
}

static void lead(struct replica *replica, const struct consensus_output *output)
{
    struct replica_output *act = replica_do(replica, REPLICA_LEAD, NULL);

    act->slot = output->slot;
    act->parent = output->parent;
    act->due_ns = output->due_ns;
}

static void say_block(struct replica *replica, enum replica_act act,
                      const struct consensus_output *output)
{
    struct replica_output *out = replica_do(replica, act, NULL);

    out->slot = output->slot;
    out->hash = output->hash;
}

static void take_final(struct replica *replica,
                       const struct consensus_output *output)
{
    struct replica_block *block = replica_find(replica, &output->hash);

    CHECK(block);
    replica_say_final(replica, block);
    replica_move_root(replica, block);
    replica->is_order_due = true;
}

static void accuse_leader(struct replica *replica,
                          const struct consensus_output *output)
{
    const struct replica_block *one = replica_find(replica, &output->hash);
    const struct replica_block *other =
        replica_find(replica, &output->other_hash);
    struct buffer headers = {0};

    /* What was dropped for want of room can't be shown. */
    if (!one || !other)
        return;
    block_header_write(&one->header, &headers);
    block_header_write(&other->header, &headers);
    struct replica_bytes *bytes = replica_bytes_copy(buffer_view(&headers));
    struct replica_output *act = replica_do(replica, REPLICA_ACCUSE, bytes);
    act->index = output->peer;
    act->slot = output->slot;
    act->hash = output->other_hash;
    act->is_header = true;
    replica_bytes_release(bytes);
    buffer_free(&headers);
}

static void accuse(struct replica *replica,
                   const struct consensus_output *output)
{
    if (!output->other.kind) {
        accuse_leader(replica, output);
        return;
    }
    struct replica_output *act = replica_do(replica, REPLICA_ACCUSE, NULL);

    act->index = output->peer;
    act->slot = output->vote.slot;
    act->votes[0] = output->vote;
    act->votes[1] = output->other;
}

void replica_act(struct replica *replica, struct replica_clock clock,
                 struct consensus_output *output)
{
    switch (output->act) {
    case CONSENSUS_SIGN:
        sign(replica, clock, output);
        break;
    case CONSENSUS_SEND:
        send_vote(replica, output);
        break;
    case CONSENSUS_TELL:
        replica_tell_status(replica, clock, output->peer);
        break;
    case CONSENSUS_VERIFY:
        verify(replica, clock, output);
        break;
    case CONSENSUS_PERSIST:
        replica_record(replica, output->sequence, output->record);
        break;
    case CONSENSUS_KEEP:
        replica_append_certificate(replica, &output->certificate);
        certificate_free(&output->certificate);
        break;
    case CONSENSUS_ASK:
        ask(replica, output);
        break;
    case CONSENSUS_WANT:
        replica_want(replica, clock, output->slot, &output->hash,
                     output->is_certified);
        break;
    case CONSENSUS_LEAD:
        lead(replica, output);
        break;
    case CONSENSUS_CONFIRMED:
        say_block(replica, REPLICA_CERTIFY, output);
        break;
    case CONSENSUS_FINAL:
        take_final(replica, output);
        break;
    case CONSENSUS_ACCUSE:
        accuse(replica, output);
        break;
    case CONSENSUS_BAD:
        replica_ban(replica, output->peer);
        break;
    case CONSENSUS_HALT:
        replica->is_halted = true;
        say_block(replica, REPLICA_HALT, output);
        break;
    case CONSENSUS_STUCK:
        replica_do(replica, REPLICA_STUCK, NULL);
        break;
    }
}

/*
 * Sends what the node does on chain, through the journal: an action is written
 * with its signed transaction before the first byte leaves, and closed when
 * the chain has made it final. At most one transaction of an action can land.
 *
 * Thread: the loop's.
 *
 * What a caller may rely on: after a crash at any instruction the action is in
 * one of three places. It was not written, and is due again as if nothing had
 * been; it is open in the journal, and its bytes are sent again; or it is
 * closed. It is never in two transactions that could both land.
 *
 * Ownership: client, journal, writer and signer are borrowed for the sender's
 * life. A recipe is moved in; the signer must have the keys that it names.
 */
#ifndef POND_NODE_MONEY_SENDER_H
#define POND_NODE_MONEY_SENDER_H

#include "client/client.h"
#include "node/money/journal.h"
#include "node/money/journal_writer.h"
#include "node/money/recipe.h"
#include "node/money/signer.h"

struct sender;

/* Nothing is sent yet: sender_resume() comes first. */
struct sender *sender_new(struct client *client, struct journal *journal,
                          struct journal_writer *writer, struct signer *signer);

/* Begin to end: nothing is transmitted from here on. Then close the client,
 * which ends what waits for it with ERR_CANCELLED and leaves the entries open
 * in the journal, then the signer, and then the writer; when all three have
 * closed the sender may be freed. */
void sender_stop(struct sender *sender);
void sender_free(struct sender *sender);

/* The newest slot: what entries are dated with. */
void sender_slot(struct sender *sender, uint64_t slot);

/* Take up the journal's open entries again: the same bytes are sent, and the
 * entries closed as the chain says. One whose bytes are damaged is logged and
 * closed as failed. Once, at the start. */
int sender_resume(struct sender *sender);

/* How a send ended. */
struct sender_result {
    /* 0: final on chain. ERR_REMOTE: refused; custom and text say by what.
     * ERR_TIMEOUT: its window or its blockhash passed before it was executed.
     * ERR_CANCELLED: client or signer was closed. ERR_NETWORK and others: not
     * known. After the last two the entry stays open; send again. */
    int status;
    uint32_t custom;  /* the task program's code (enum task_error), or 0 */
    const char *text; /* for people; "" on success */
    uint64_t slot;    /* that executed it; 0 if it was final before */
};

/* On the loop's thread. result is valid during the call. By then the sender has
 * let go of the action, so another of the same name may be sent from inside. */
typedef void sender_done(void *user, const struct sender_result *result);

/*
 * Send an action. The recipe is taken over (and freed) whatever is returned.
 * done is called once, never from inside this call; NULL is allowed.
 *
 * What the journal has under this name decides: nothing, or an entry that was
 * refused: a new transaction. An open entry: the same bytes again, and a new
 * transaction only if they can no longer land. A final one: done with the
 * endpoint's next answer.
 *
 * amount is remembered in the journal with a transaction that is signed for
 * this call: roe, or another number that the caller wants to find there.
 *
 * ERR_BUSY if this very action is under way; or an error of the journal. Then
 * done is not called.
 */
int sender_send(struct sender *sender, const struct journal_name *name,
                uint64_t amount, struct recipe *recipe, sender_done *done,
                void *user);

/* Send the bytes of an open entry again, and never others: where they can no
 * longer land, the entry is closed as failed. For actions that nobody begins
 * anew. done as above. ERR_BUSY; ERR_NOT_FOUND without a text for an action
 * that is not open; or an error of the journal. */
int sender_resend(struct sender *sender, const struct journal_name *name,
                  sender_done *done, void *user);

/* Is an action of this name under way? */
bool sender_is_sending(const struct sender *sender,
                       const struct journal_name *name);

/* Number of actions under way, those of sender_resume() among them. */
size_t sender_pending(const struct sender *sender);

#endif

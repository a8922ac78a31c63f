/*
 * Does a private network hold what it promises? Everything here is asked of the
 * chain and of the nodes' gateways from outside, as everybody can.
 *
 * Each check compares two things that come from different places: rewards from
 * the lists on chain with what nodes claimed; the stake that is left with the
 * slashes; the supply at the start less what the blocks burned with the sum
 * over all accounts; a CID with the bytes that another node serves for it; the
 * rules of retention with what gateways still answer for. A check that could
 * only ever say yes is not one.
 *
 * A check that does not apply (no cheater, no round past its retention) is left
 * unchecked and not called good.
 */
#include "base/check.h"
#include "base/error.h"
#include "devnet/network_parts.h"
#include "devnet/network_sums.h"
#include "net/http_client.h"
#include "settlement/format/well_known.h"
#include "storage/files/unixfs_export.h"
#include "storage/keep/retention.h"
#include "storage/serve/remote.h"

#include <inttypes.h>
#include <stdio.h>

/* Owners that accounts of a network can have: the programs that there are. The
 * mint of wrapped coins and pots paid in tokens are the token program's. Their
 * accounts together are all there are. An account that was assigned to a key
 * that is no program would make the sum too small, and the check would say so.
 */
static const struct pubkey *const owners[] = {
    &SYSTEM_PROGRAM_ID,   &KOII_TASK_PROGRAM_ID,
    &KPL_TASK_PROGRAM_ID, &TOKEN_PROGRAM_ID,
    &SYSVAR_OWNER_ID,     &ADDRESS_LOOKUP_TABLE_PROGRAM_ID,
    &NATIVE_LOADER_ID,    &DEVELOPMENT_PROGRAM_ID,
};

/* How long a gateway may take to say that it has nothing. */
#define GATEWAY_TIMEOUT_MS 5000

/* Solana's errors for a slot that has no block to show. Young empty slots are
 * reported before they can be asked for. If a block with transactions were ever
 * answered so, its fees would be missing and the sum below would not hold. */
#define RPC_BLOCK_NOT_AVAILABLE (-32004)
#define RPC_SLOT_SKIPPED (-32007)

/* Largest evidence this check fetches. */
#define EVIDENCE_MAX (64u << 20)

/* ---- Conserved: from the chain alone ---- */

/* What the block in a slot burned, in roe, is added; nothing where there is
 * none. */
static int block_burned(struct network *network, uint64_t slot,
                        uint64_t *burned, uint64_t *transactions)
{
    struct json_object *block = NULL;
    char params[160];

    snprintf(params, sizeof(params),
             "[%" PRIu64 ",{\"transactionDetails\":\"full\",\"rewards\":false,"
             "\"maxSupportedTransactionVersion\":0}]",
             slot);
    int status = client_call_wait(network->client, "getBlock", params, &block);
    if (status == ERR_REMOTE &&
        (client_remote_code(network->client) == RPC_SLOT_SKIPPED ||
         client_remote_code(network->client) == RPC_BLOCK_NOT_AVAILABLE))
        return 0;
    if (!status && block)
        status = network_sums_block(block, burned, transactions);
    json_object_put(block);
    return status < 0 ? err_add(status, "block %" PRIu64, slot) : 0;
}

/* What was burned from the start to the slot. One question for each block since
 * the start. */
static int burned_since_start(struct network *network, uint64_t slot,
                              uint64_t *burned, uint64_t *transactions)
{
    CHECK(burned && transactions);
    struct json_object *slots = NULL;
    char params[64];

    *burned = *transactions = 0;
    snprintf(params, sizeof(params), "[%" PRIu64 ",%" PRIu64 "]",
             network->slot_at_start + 1, slot);
    int status = client_call_wait(network->client, "getBlocks", params, &slots);
    if (!status && !json_object_is_type(slots, json_type_array))
        status = err_set(ERR_INVALID, "getBlocks gave no list of slots");
    for (size_t i = 0; !status && i < json_object_array_length(slots); i++) {
        uint64_t at;

        if (!json_is_u64(json_object_array_get_idx(slots, i), &at))
            status = err_set(ERR_INVALID,
                             "getBlocks gave something other than slots");
        else
            status = block_burned(network, at, burned, transactions);
    }
    json_object_put(slots);
    return status;
}

/* Over the accounts of all owners; waiting is made anew for each. */
struct summing {
    struct client_waiting waiting;
    uint64_t sum, accounts;
};

/* Balances alone: data was not asked for. */
static void on_accounts(void *user, int status,
                        const struct client_account *accounts, size_t count)
{
    struct summing *summing = user;

    for (size_t i = 0; !status && i < count; i++)
        summing->sum += accounts[i].lamports;
    if (!status)
        summing->accounts += count;
    client_finish(&summing->waiting, status);
}

/* No account is counted twice, because each has one owner. */
static int sum_accounts(struct network *network, struct summing *summing)
{
    CHECK(summing);
    for (size_t i = 0; i < sizeof(owners) / sizeof(*owners); i++) {
        int status;

        summing->waiting = (struct client_waiting){0};
        client_program_accounts(network->client, owners[i], NULL, 0,
                                on_accounts, summing);
        status = client_wait(network->client, &summing->waiting);
        if (status)
            return err_add(status, "accounts of %s", PUBKEY_TEXT(owners[i]));
    }
    return 0;
}

/* Transactions since genesis. */
static int count_transactions(struct network *network, uint64_t *count)
{
    struct json_object *result = NULL;
    int status =
        client_call_wait(network->client, "getTransactionCount", NULL, &result);

    if (!status && !json_is_u64(result, count))
        status = err_set(ERR_INVALID, "getTransactionCount gave no number");
    json_object_put(result);
    return status;
}

/* The nodes have been stopped by then, but what they sent last may still land
 * while this asks. What was read is of one moment if no transaction came in
 * between; a reading between two that differ is made again. */
#define CONSERVED_TRIES 200

/* after begins unlike before, so that there is a first try. */
static int read_both_sides(struct network *network, struct summing *summing,
                           uint64_t *burned, uint64_t *transactions)
{
    uint64_t before = 0, after = 1, slot;
    int status = 0;

    for (int i = 0; i < CONSERVED_TRIES && !status && before != after; i++) {
        *summing = (struct summing){0};
        status = count_transactions(network, &before);
        if (!status)
            status = sum_accounts(network, summing);
        if (!status)
            status = client_slot_wait(network->client, CLIENT_FINALIZED, &slot);
        if (!status)
            status = burned_since_start(network, slot, burned, transactions);
        if (!status)
            status = count_transactions(network, &after);
    }
    return status;
}

/* The two sides come from different places: the supply was read at the start
 * and what was burned stands in the blocks, while the sum is over the accounts
 * as they are now. */
static int verify_conserved(struct network *network,
                            struct network_claim *claim)
{
    CHECK(claim);
    struct summing summing;
    uint64_t burned = 0, transactions = 0;
    int status = read_both_sides(network, &summing, &burned, &transactions);

    if (status)
        return status;
    network_sums_say(
        claim, network->supply_at_start - burned == summing.sum,
        "%" PRIu64 " roe at the start - %" PRIu64 " burned in %" PRIu64
        " transactions = %" PRIu64 "; %" PRIu64 " accounts hold %" PRIu64,
        network->supply_at_start, burned, transactions,
        network->supply_at_start - burned, summing.accounts, summing.sum);
    return 0;
}

/* ---- Evidence and its end: from the gateways ---- */

/* From this one node only, so that it is known which node served it. The blocks
 * go into the network's own store, unpinned. */
static int fetch_from(struct network *network, const struct cid *cid,
                      const struct network_node *node,
                      struct remote_progress *progress)
{
    CHECK(cid && node && progress);
    const struct source_gateway source = {.url = node->public_url,
                                          .rule = &address_rule_any};
    struct remote_options options = {.size_max_bytes = EVIDENCE_MAX};

    return remote_fetch_wait(network->store, cid, &source, 1, &options, NULL,
                             progress);
}

/* Evidence of one submission, from a node that did not submit it. */
static bool fetch_evidence(struct network *network, size_t submitter,
                           const struct cid *cid,
                           const struct network_round *round,
                           struct network_claim *claim)
{
    struct network_view *view = &network->view;
    struct remote_progress progress;
    struct unixfs_entry entry;

    for (size_t i = 0; i < view->node_count; i++) {
        if (i == submitter || view->nodes[i].is_cheater ||
            fetch_from(network, cid, &view->nodes[i], &progress) < 0 ||
            unixfs_stat(network->store, cid, &entry) < 0)
            continue;
        network_sums_say(
            claim, true,
            "%s's of round %" PRIu64 ", from %s: %" PRIu64 " blocks, %" PRIu64
            " bytes, each block verified against its CID "
            "(%s)",
            view->nodes[submitter].name, round->round, view->nodes[i].name,
            progress.blocks, progress.bytes, round->work[submitter].submission);
        return true;
    }
    return false;
}

/* The newest that is paid, so that every node has had reason to keep it. A task
 * whose submissions are no CIDs leaves it unchecked. */
static void verify_evidence(struct network *network,
                            struct network_claim *claim)
{
    CHECK(claim);
    struct network_view *view = &network->view;

    bool is_some = false;

    for (size_t r = view->round_count; r-- > 0;) {
        for (size_t i = 0; view->rounds[r].is_paid && i < view->node_count;
             i++) {
            struct cid cid;

            /* Tasks may submit something other than a CID. */
            if (view->nodes[i].is_cheater ||
                cid_parse(bytes_text(view->rounds[r].work[i].submission),
                          &cid) < 0)
                continue;
            is_some = true;
            if (fetch_evidence(network, i, &cid, &view->rounds[r], claim))
                return;
        }
    }
    if (is_some)
        network_sums_say(claim, false, "no node serves evidence of another: %s",
                         err_text());
}

/* Does the node answer for the block? An error counts as yes: it shows nothing.
 * A raw block is asked for, so that the answer is about this block and not
 * about those below it. */
static bool still_serves(const struct network_node *node, const char *cid)
{
    char url[2 * NETWORK_TEXT_SIZE + 32];
    struct http_request request = {.url = url,
                                   .timeout_ms = GATEWAY_TIMEOUT_MS};
    struct http_response response;

    snprintf(url, sizeof(url), "%s/ipfs/%s?format=raw", node->public_url, cid);
    if (http_client_wait(&address_rule_any, &request, &response) < 0)
        return true;
    unsigned status = response.status;
    http_response_free(&response);
    return status != 404;
}

/* Of rounds past their retention: pieces submitted, and how often one is still
 * served. */
struct leftovers {
    uint64_t rounds, pieces, served;
};

/* Who was slashed keeps its own evidence, to look at what happened. */
static bool may_keep(const struct network_round *round, size_t node,
                     size_t submitter)
{
    return node == submitter && round->work[node].has_reward &&
           round->work[node].reward_roe < 0;
}

/* Every node is asked for every piece: auditors keep copies of what they looked
 * at. */
static struct leftovers count_leftovers(const struct network *network)
{
    CHECK(network);
    const struct network_view *view = &network->view;
    struct leftovers left = {0};

    for (size_t r = 0; r < view->round_count; r++) {
        const struct network_round *round = &view->rounds[r];
        struct pin_owner owner = retention_round(&view->task, round->round, 0);

        if (!retention_has_ended(&owner, &view->task, view->round))
            continue;
        left.rounds++;
        for (size_t i = 0; i < view->node_count; i++) {
            struct cid cid;

            if (cid_parse(bytes_text(round->work[i].submission), &cid) < 0)
                continue;
            left.pieces++;
            for (size_t n = 0; n < view->node_count; n++)
                left.served +=
                    !may_keep(round, n, i) &&
                    still_serves(&view->nodes[n], round->work[i].submission);
        }
    }
    return left;
}

/* Collection follows the round's beginning, but takes its time: it is given
 * until the end of that round. Until then it is looked at again at every slot.
 */
static int verify_collected(struct network *network,
                            struct network_claim *claim)
{
    struct network_view *view = &network->view;
    uint64_t end = round_first_slot(&network->clock, view->round + 1);
    struct leftovers left = count_leftovers(network);
    int status = 0;

    while (!status && left.served && network->slot < end) {
        status = network_next_slot(network, network->slot);
        left = count_leftovers(network);
    }
    if (status || left.pieces == 0)
        return status;
    network_sums_say(claim, left.served == 0,
                     "%" PRIu64 " pieces of evidence of %" PRIu64
                     " rounds past their retention; nodes still serve %" PRIu64,
                     left.pieces, left.rounds, left.served);
    return 0;
}

/* Checks that need running nodes come first, and the books last. */
int network_verify(struct network *network,
                   struct network_claim claims[NETWORK_CLAIM_KINDS])
{
    CHECK(network && claims);
    const struct network_view *view = &network->view;

    memset(claims, 0, NETWORK_CLAIM_KINDS * sizeof(*claims));
    network_sums_paid(view, &claims[NETWORK_PAID]);
    network_sums_caught(view, &claims[NETWORK_CAUGHT]);
    network_sums_claimed(view, &claims[NETWORK_CLAIMED]);
    verify_evidence(network, &claims[NETWORK_EVIDENCE]);
    int status = verify_collected(network, &claims[NETWORK_COLLECTED]);
    if (!status)
        status = network_agreed(network, &claims[NETWORK_AGREED]);
    if (status)
        return status;
    network_stop_nodes(network);
    return verify_conserved(network, &claims[NETWORK_CONSERVED]);
}

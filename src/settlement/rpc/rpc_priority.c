/*
 * The prices that transactions have bid lately.
 *
 * Solana's nodes keep a table of each block's least price, in all and by
 * account. Here the price is read again from the blocks' own transactions, so
 * that only the wallets that ask pay for it, and not every block. To bound the
 * work, only the last transactions of each block are read. The mempool puts the
 * highest bids first, so the least bids stand there.
 *
 * Any HTTP thread; one snapshot.
 */
#include "settlement/rpc/rpc_transaction.h"

#include "base/check.h"
#include "base/error.h"
#include "settlement/format/compute_budget.h"

/* Of Solana's prioritization fee cache: its blocks, and the accounts of one
 * call. */
#define BLOCKS_MAX 150
#define ACCOUNTS_MAX 128

/* Transactions that are read of each block. */
#define SAMPLE_MAX 32

/* least[i] is the least bid of the block's transactions that write accounts[i];
 * UINT64_MAX: there is no such transaction. */
struct priority_search {
    size_t count;
    struct pubkey accounts[ACCOUNTS_MAX];
    uint64_t least[ACCOUNTS_MAX];
    uint64_t least_of_all;
};

static void keep_least(uint64_t *least, uint64_t price)
{
    if (price < *least)
        *least = price;
}

/* One transaction's price, in millionths of a roe a compute unit. */
static void look_at(struct priority_search *search,
                    const struct transaction *transaction)
{
    struct compute_budget budget;
    if (!transaction_status_ok(compute_budget_read(transaction, &budget)))
        return;
    keep_least(&search->least_of_all, budget.unit_price);
    for (size_t i = 0; i < search->count; i++) {
        for (size_t key = 0; key < transaction->key_count; key++) {
            if (transaction_is_writable(transaction, key) &&
                pubkey_equal(&transaction->keys[key], &search->accounts[i]))
                keep_least(&search->least[i], budget.unit_price);
        }
    }
}

/* The bid that would have been enough in this block: the greatest of the least
 * bids. In a block without transactions any bid would have been enough. */
static int find_price(struct rpc_request *request,
                      struct priority_search *search,
                      const struct ledger_header *header, uint64_t *out)
{
    size_t end = header->transaction_count;
    CHECK(request->view && end <= UINT32_MAX);
    search->least_of_all = UINT64_MAX;
    memset(search->least, 0xff, sizeof(search->least));
    struct arena arena = {0};
    int status = 0;
    for (size_t i = end > SAMPLE_MAX ? end - SAMPLE_MAX : 0; i < end; i++) {
        struct ledger_record record;
        struct transaction transaction;
        struct ledger_place place = {header->slot, (uint32_t)i};
        status = ledger_record(request->view, place, &arena, &record);
        if (!status)
            status = transaction_parse(record.wire, &arena, &transaction);
        if (status)
            break;
        look_at(search, &transaction);
    }
    arena_free(&arena);
    *out = search->least_of_all == UINT64_MAX ? 0 : search->least_of_all;
    for (size_t i = 0; i < search->count; i++) {
        if (search->least[i] != UINT64_MAX && search->least[i] > *out)
            *out = search->least[i];
    }
    return status ? rpc_fail_status(request, status) : 0;
}

/* The accounts of the call; without any, the price is that of all transactions.
 */
static int read_accounts(struct rpc_request *request,
                         struct priority_search *search)
{
    struct json_object *keys;
    int status = 0;
    search->count = 0;
    if (!rpc_parameter(request, 0))
        return 0;
    status = rpc_parameter_array(request, 0, &keys);
    if (status)
        return status;
    if (json_object_array_length(keys) > ACCOUNTS_MAX)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Too many inputs provided; max %d", ACCOUNTS_MAX);
    for (size_t i = 0; !status && i < json_object_array_length(keys); i++) {
        const char *text;
        status = rpc_element_text(request, keys, i, &text);
        if (!status)
            status = rpc_key_of_text(request, text,
                                     &search->accounts[search->count++]);
    }
    return status;
}

/* [[key…]?] gives slot and price of the newest blocks, the oldest first.
 * Skipped slots are not among them. */
int rpc_recent_prioritization_fees(struct rpc_request *request)
{
    struct priority_search search;
    struct ledger_view *view;
    int status = read_accounts(request, &search);
    request->level = LEDGER_CONFIRMED; /* as on Solana */
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    uint64_t tip = ledger_view_tip(view)->slot, slot;
    uint64_t from = tip < BLOCKS_MAX ? 0 : tip - BLOCKS_MAX + 1;
    json_open_array(&request->out);
    for (; !ledger_next_slot(view, from, &slot); from = slot + 1) {
        struct ledger_header header;
        uint64_t price = 0;
        status = ledger_header(view, slot, &header);
        if (status)
            return rpc_fail_status(request, status);
        status = find_price(request, &search, &header, &price);
        if (status)
            return status;
        json_open_object(&request->out);
        json_field_u64(&request->out, "prioritizationFee", price);
        json_field_u64(&request->out, "slot", slot);
        json_close_object(&request->out);
    }
    json_close_array(&request->out);
    return 0;
}

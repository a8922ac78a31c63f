/*
 * Blocks and slots.
 *
 * Blocks are written from the ledger's records and not from the blocks' own
 * bytes: clients want to see transactions with their results, and a record
 * holds both. Empty blocks come from runs (ledger.h) and look like any other.
 *
 * Slots that were pruned, that are still to come, and that were skipped have
 * different errors, as on Solana, because clients act on the difference: they
 * go elsewhere, wait, or go on.
 *
 * getBlock reads one record per transaction and holds its answer in memory. The
 * other methods read a header or walk over slots. Any HTTP thread; one snapshot
 * per request.
 */
#include "settlement/rpc/rpc_transaction.h"

#include "base/check.h"
#include "base/error.h"
#include <inttypes.h>

/* Solana's MAX_GET_CONFIRMED_BLOCKS_RANGE. */
#define BLOCKS_RANGE_MAX 500000

/* ---- getBlock ---- */

/* Does a transaction name this key, statically or by a lookup table? */
bool rpc_record_mentions(const struct ledger_record *record,
                         const struct pubkey *key)
{
    for (size_t i = 0; i < record->result.key_count; i++) {
        if (pubkey_equal(&record->result.keys[i], key))
            return true;
    }
    return false;
}

/* One element of a block's list, in the detail of how; nothing for a
 * transaction that does not name the key of how->mentions. */
static int write_block_transaction(struct rpc_request *request,
                                   struct json_writer *out, uint64_t slot,
                                   uint32_t index,
                                   const struct rpc_transaction_options *how)
{
    CHECK(request->view);
    struct ledger_record record;
    struct ledger_place place = {slot, index};
    int status = ledger_record(request->view, place, &request->arena, &record);
    if (status)
        return rpc_fail_status(request, status);
    if (how->mentions && !rpc_record_mentions(&record, how->mentions))
        return 0;
    if (how->details == RPC_DETAILS_SIGNATURES) {
        char text[BASE58_SIGNATURE_SIZE];
        base58_signature(record.wire.data + 1, text);
        json_write_text(out, text);
        return 0;
    }
    json_open_object(out);
    status = rpc_write_record(request, out, &record, how);
    json_close_object(out);
    return status;
}

/* The elements of a block's list. A full block in full detail is hundreds of
 * megabytes, which no thread may hold: the block is refused as soon as the text
 * passes the limit. With fewer details every block fits. */
static int write_transactions(struct rpc_request *request,
                              struct json_writer *out,
                              const struct ledger_header *header,
                              const struct rpc_transaction_options *how)
{
    size_t limit = how->size_max ? how->size_max : RPC_ANSWER_MAX;
    struct arena outer;
    int status = 0;
    rpc_items_begin(request, &outer);
    for (size_t i = 0; !status && i < header->transaction_count; i++) {
        rpc_items_next(request);
        status = write_block_transaction(request, out, header->slot,
                                         (uint32_t)i, how);
        if (!status && out->out->size > limit)
            status = rpc_fail(
                request, RPC_INTERNAL_ERROR,
                "Block %" PRIu64 " is larger than %zu bytes with these "
                "details; ask for its \"signatures\", and for each "
                "transaction by getTransaction",
                header->slot, limit);
    }
    rpc_items_end(request, &outer);
    return status;
}

/* Rewards are always empty: the leader's share of the fees is paid at the end
 * of each block, and no record of it is kept. Times are in seconds, as on
 * Solana, although blocks have milliseconds. */
int rpc_write_block(struct rpc_request *request, struct json_writer *out,
                    const struct ledger_header *header,
                    const struct rpc_transaction_options *how)
{
    json_open_object(out);
    json_field_u64(out, "blockHeight", header->block_height);
    json_field_u64(out, "blockTime", header->unix_ms / 1000);
    rpc_field_hash(out, "blockhash", &header->blockhash);
    json_field_u64(out, "parentSlot", header->parent_slot);
    rpc_field_hash(out, "previousBlockhash", &header->parent_blockhash);
    if (how->show_rewards) {
        json_name(out, "rewards");
        json_open_array(out);
        json_close_array(out);
    }
    if (how->details != RPC_DETAILS_NONE) {
        json_name(out, how->details == RPC_DETAILS_SIGNATURES ? "signatures"
                                                              : "transactions");
        json_open_array(out);
        int status = write_transactions(request, out, header, how);
        if (status)
            return status;
        json_close_array(out);
    }
    json_close_object(out);
    return 0;
}

int rpc_find_header(struct rpc_request *request, uint64_t slot,
                    struct ledger_header *out)
{
    struct ledger_view *view;
    int status = rpc_view(request, &view);
    if (status)
        return status;
    if (slot > ledger_view_tip(view)->slot)
        return rpc_fail(request, RPC_BLOCK_NOT_AVAILABLE,
                        "Block not available for slot %" PRIu64, slot);
    status = ledger_header(view, slot, out);
    uint64_t first;
    if (status == ERR_NOT_FOUND && !ledger_first_slot(view, &first) &&
        slot < first)
        return rpc_fail(request, RPC_BLOCK_CLEANED_UP,
                        "Block %" PRIu64
                        " cleaned up, does not exist on node. First available "
                        "block: %" PRIu64,
                        slot, first);
    if (status == ERR_NOT_FOUND)
        return rpc_fail(request, RPC_SLOT_SKIPPED,
                        "Slot %" PRIu64 " was skipped, or missing due to "
                        "ledger jump to recent snapshot",
                        slot);
    return status ? rpc_fail_status(request, status) : 0;
}

/* [slot, {encoding?, transactionDetails?, rewards?,
 * maxSupportedTransactionVersion?}? or encoding]. Rules about versions and
 * details are those of rpc_transaction_options() and rpc_write_record(): a
 * block with one transaction of a version the client did not say it reads is
 * refused as a whole. */
static int get_block(struct rpc_request *request)
{
    uint64_t slot;
    struct rpc_transaction_options how;
    struct ledger_header header;
    int status = rpc_parameter_u64(request, 0, &slot);
    if (!status)
        status = rpc_transaction_parameter(request, 1, &how);
    if (!status)
        status = rpc_find_header(request, slot, &header);
    return status ? status
                  : rpc_write_block(request, &request->out, &header, &how);
}

/* [slot] gives the block's time in seconds since 1970, as its leader set it. It
 * never falls from block to block (bank_open_child()). There is no commitment:
 * blocks that are executed have it, as on Solana. */
static int get_block_time(struct rpc_request *request)
{
    uint64_t slot;
    struct ledger_header header;
    request->level = LEDGER_PROCESSED;
    int status = rpc_parameter_u64(request, 0, &slot);
    if (!status)
        status = rpc_find_header(request, slot, &header);
    if (!status)
        json_write_u64(&request->out, header.unix_ms / 1000);
    return status;
}

/* ---- getBlocks ---- */

/* The slots that have a block, ascending, from `from` to `to` (both included),
 * at most limit of them. */
static int write_slots(struct rpc_request *request, uint64_t from, uint64_t to,
                       uint64_t limit)
{
    CHECK(request->view);
    struct ledger_slots *slots;
    uint64_t slot, last;
    int status = ledger_slots_open(request->view, from, &slots);
    if (status)
        return rpc_fail_status(request, status);
    json_open_array(&request->out);
    while (!status && limit > 0) {
        status = ledger_slots_next(slots, &slot, &last);
        if (status || slot > to)
            break;
        for (; limit > 0 && slot <= last && slot <= to; slot++, limit--)
            json_write_u64(&request->out, slot);
    }
    json_close_array(&request->out);
    ledger_slots_close(slots);
    return status && status != ERR_NOT_FOUND ? rpc_fail_status(request, status)
                                             : 0;
}

/* [start, end?, options?]. The type of the second parameter says which of the
 * two it is. */
static int get_blocks(struct rpc_request *request)
{
    uint64_t from, to;
    struct rpc_config config;
    struct ledger_view *view;
    int status = rpc_parameter_u64(request, 0, &from);
    if (status)
        return status;
    struct json_object *second = rpc_parameter(request, 1);
    /* Without an end: as far as a range may reach. */
    to = from < UINT64_MAX - BLOCKS_RANGE_MAX ? from + BLOCKS_RANGE_MAX
                                              : UINT64_MAX;
    bool has_end = second && !json_object_is_type(second, json_type_object);
    if (has_end && rpc_parameter_u64(request, 1, &to))
        status = rpc_wrong_form(request, "RpcBlocksConfigWrapper");
    if (!status)
        status = rpc_config(request, has_end || !second ? 2 : 1, &config);
    if (!status)
        status = rpc_require_confirmed(request);
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    if (to > ledger_view_tip(view)->slot)
        to = ledger_view_tip(view)->slot;
    if (to > from && to - from > BLOCKS_RANGE_MAX)
        return rpc_fail(request, RPC_INVALID_PARAMS,
                        "Slot range too large; max %d", BLOCKS_RANGE_MAX);
    return write_slots(request, from, to, BLOCKS_RANGE_MAX + 1);
}

/* [start, limit, options?]. limit slots from start on. */
static int get_blocks_with_limit(struct rpc_request *request)
{
    uint64_t from, limit;
    struct rpc_config config;
    struct ledger_view *view;
    int status = rpc_parameter_u64(request, 0, &from);
    if (!status)
        status = rpc_parameter_u64(request, 1, &limit);
    if (!status)
        status = rpc_config(request, 2, &config);
    if (!status)
        status = rpc_require_confirmed(request);
    if (!status)
        status = rpc_view(request, &view);
    if (status)
        return status;
    if (limit > BLOCKS_RANGE_MAX)
        return rpc_fail(request, RPC_INVALID_PARAMS, "Limit too large; max %d",
                        BLOCKS_RANGE_MAX);
    return write_slots(request, from, ledger_view_tip(view)->slot, limit);
}

/* [options?] gives how many blocks came before the newest: skipped slots do not
 * count, so clients compare this height, not slots, with lastValidBlockHeight.
 */
static int get_block_height(struct rpc_request *request)
{
    const struct bank_info *tip;
    int status = rpc_tip(request, 0, &tip);
    if (!status)
        json_write_u64(&request->out, tip->block_height);
    return status;
}

/* [options?] gives the newest slot of the commitment. */
static int get_slot(struct rpc_request *request)
{
    const struct bank_info *tip;
    int status = rpc_tip(request, 0, &tip);
    if (!status)
        json_write_u64(&request->out, tip->slot);
    return status;
}

/* The oldest block in the ledger. Older ones were pruned, or came before the
 * snapshot that this node began from.
 */
static int get_first_available_block(struct rpc_request *request)
{
    struct ledger_view *view;
    uint64_t slot;
    int status = rpc_view(request, &view);
    if (!status)
        status = ledger_first_slot(view, &slot);
    if (!status)
        json_write_u64(&request->out, slot);
    return status;
}

/* ---- Blockhashes ---- */

/* The form of the fee from before there were priority fees; old clients need
 * it. */
static void write_fee_calculator(struct json_writer *out)
{
    json_name(out, "feeCalculator");
    json_open_object(out);
    json_field_u64(out, "lamportsPerSignature", BANK_LAMPORTS_PER_SIGNATURE);
    json_close_object(out);
}

/* Three generations of one method, by what each adds to the blockhash. */
enum blockhash_form { FORM_LATEST, FORM_RECENT, FORM_FEES };

/* The newest blockhash and how long it is valid, in block heights and, for the
 * oldest clients, as a guess in slots. */
static int write_blockhash(struct rpc_request *request,
                           enum blockhash_form form)
{
    const struct bank_info *tip;
    int status = rpc_tip(request, 0, &tip);
    if (status)
        return status;
    struct json_writer *out = &request->out;
    uint64_t last_valid = tip->block_height + tip->blockhash_blocks;
    bank_is_blockhash_valid(ledger_view_bank(request->view), &tip->blockhash,
                            &last_valid);
    rpc_open_context(out, tip->slot);
    json_open_object(out);
    rpc_field_hash(out, "blockhash", &tip->blockhash);
    if (form != FORM_LATEST)
        write_fee_calculator(out);
    if (form != FORM_RECENT)
        json_field_u64(out, "lastValidBlockHeight", last_valid);
    if (form == FORM_FEES)
        json_field_u64(out, "lastValidSlot", tip->slot + tip->blockhash_blocks);
    json_close_object(out);
    rpc_close_context(out);
    return 0;
}

/* [options?]: today's form, without a price, because fees no longer depend on
 * the blockhash. */
static int get_latest_blockhash(struct rpc_request *request)
{
    return write_blockhash(request, FORM_LATEST);
}

/* [options?]: the oldest form, with a price. */
static int get_recent_blockhash(struct rpc_request *request)
{
    return write_blockhash(request, FORM_RECENT);
}

/* [options?]: the form in between, with a price and both limits. */
static int get_fees(struct rpc_request *request)
{
    return write_blockhash(request, FORM_FEES);
}

static int read_blockhash(struct rpc_request *request, const char *text,
                          struct hash *out)
{
    struct buffer bytes = {0};
    bool is_long = strlen(text) >= BASE58_KEY_SIZE;
    bool is_base58 = !is_long && !base58_decode(bytes_text(text), &bytes);
    bool is_whole = is_base58 && bytes.size == sizeof(out->bytes);
    if (is_whole)
        memcpy(out->bytes, bytes.data, sizeof(out->bytes));
    buffer_free(&bytes);
    if (is_whole)
        return 0;
    return rpc_fail(request, RPC_INVALID_PARAMS,
                    is_long || is_base58 ? "WrongSize" : "Invalid");
}

/* [blockhash, options?] of the two methods that ask about one. */
static int read_blockhash_question(struct rpc_request *request,
                                   struct hash *blockhash,
                                   struct ledger_view **view)
{
    const char *text;
    struct rpc_config config;
    int status = rpc_parameter_text(request, 0, &text);
    if (!status)
        status = read_blockhash(request, text, blockhash);
    if (!status)
        status = rpc_config(request, 1, &config);
    return status ? status : rpc_view(request, view);
}

/* The bank's own rule: true means that the next block would accept the
 * blockhash. The errors have no "Invalid param" before them, as on Solana. */
static int is_blockhash_valid(struct rpc_request *request)
{
    struct hash blockhash;
    struct ledger_view *view;
    int status = read_blockhash_question(request, &blockhash, &view);
    if (status)
        return status;
    rpc_open_context(&request->out, ledger_view_tip(view)->slot);
    json_write_bool(
        &request->out,
        bank_is_blockhash_valid(ledger_view_bank(view), &blockhash, NULL));
    rpc_close_context(&request->out);
    return 0;
}

/* What a signature on this blockhash costs; null if the blockhash is no longer
 * valid, which the oldest clients want to know. */
static int get_fee_calculator(struct rpc_request *request)
{
    struct hash blockhash;
    struct ledger_view *view;
    struct json_writer *out = &request->out;
    int status = read_blockhash_question(request, &blockhash, &view);
    if (status)
        return status;
    rpc_open_context(out, ledger_view_tip(view)->slot);
    if (bank_is_blockhash_valid(ledger_view_bank(view), &blockhash, NULL)) {
        json_open_object(out);
        write_fee_calculator(out);
        json_close_object(out);
    } else {
        json_write_null(out);
    }
    rpc_close_context(out);
    return 0;
}

/* The methods of confirmed blocks and of fees and getRecentBlockhash are older
 * names or forms, which older clients still call. */
const struct rpc_method rpc_block_methods[] = {
    {"getBlock", 1, 2, get_block},
    {"getBlockHeight", 0, 1, get_block_height},
    {"getBlockTime", 1, 1, get_block_time},
    {"getBlocks", 1, 3, get_blocks},
    {"getBlocksWithLimit", 2, 3, get_blocks_with_limit},
    {"getConfirmedBlock", 1, 2, get_block},
    {"getConfirmedBlocks", 1, 3, get_blocks},
    {"getConfirmedBlocksWithLimit", 2, 3, get_blocks_with_limit},
    {"getFeeCalculatorForBlockhash", 1, 2, get_fee_calculator},
    {"getFees", 0, 1, get_fees},
    {"getFirstAvailableBlock", 0, 0, get_first_available_block},
    {"getLatestBlockhash", 0, 1, get_latest_blockhash},
    {"getRecentBlockhash", 0, 1, get_recent_blockhash},
    {"getSlot", 0, 1, get_slot},
    {"isBlockhashValid", 1, 2, is_blockhash_valid},
    {"minimumLedgerSlot", 0, 0, get_first_available_block},
    {0},
};

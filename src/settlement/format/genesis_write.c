#include "base/base64.h"
#include "base/check.h"
#include "base/json.h"
#include "consensus/validator_set.h"
#include "settlement/format/genesis.h"

static void write_key(struct json_writer *writer, const char *name,
                      const struct pubkey *key)
{
    json_field_text(writer, name, PUBKEY_TEXT(key));
}

/* Fields with default values are left out. A genesis can't hold rendered
 * accounts because the rows that they are rendered from would be missing. */
static void write_account(struct json_writer *writer,
                          const struct genesis_account *account)
{
    CHECK(!account->account.rendered);
    json_open_object(writer);
    write_key(writer, "key", &account->key);
    json_field_u64(writer, "lamports", account->account.lamports);
    write_key(writer, "owner", &account->account.owner);
    if (account->account.executable)
        json_field_bool(writer, "executable", true);
    if (account->account.data.size) {
        struct buffer text = {0};
        base64_encode(account->account.data, &text);
        json_field_text(writer, "data", buffer_string(&text));
        buffer_free(&text);
    }
    json_close_object(writer);
}

/* The fields of form 2. */
static void write_second(struct json_writer *writer,
                         const struct genesis *genesis)
{
    json_field_u64(writer, "slots_per_epoch", genesis_slots_per_epoch(genesis));
    json_field_u64(writer, "slots_per_leader", WINDOW_SLOTS);
    json_field_u64(writer, "delta_ms", genesis_delta_ms(genesis));
    json_field_u64(writer, "block_bytes", genesis_block_bytes(genesis));
    json_field_u64(writer, "block_transactions",
                   genesis_block_transactions(genesis));
    json_field_u64(writer, "minimum_stake", genesis->minimum_stake);
    json_field_u64(writer, "inflation_percent", 0);
    json_field_u64(writer, "penalty_percent", genesis->penalty_percent);
    json_field_u64(writer, "penalty_factor", genesis->penalty_factor);
}

static void write_roles(struct json_writer *writer,
                        const struct genesis_validator *validator)
{
    write_key(writer, "vote_account", &validator->vote_account);
    write_key(writer, "voter", &validator->voter);
    write_key(writer, "withdrawer", &validator->withdrawer);
    json_field_u64(writer, "commission", validator->commission);
    json_name(writer, "addresses");
    json_open_array(writer);
    for (size_t i = 0; i < validator->address_count; i++)
        json_write_text(writer, validator->addresses[i]);
    json_close_array(writer);
}

static void write_validator(struct json_writer *writer,
                            const struct genesis *genesis,
                            const struct genesis_validator *validator)
{
    json_open_object(writer);
    write_key(writer, "identity", &validator->identity);
    json_field_u64(writer, "stake", validator->stake);
    if (genesis->form == 2)
        write_roles(writer, validator);
    json_close_object(writer);
}

/* What is written reads back to the same hash. */
void genesis_write(const struct genesis *genesis, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);
    json_open_object(&writer);
    if (genesis->form == 2)
        json_field_u64(&writer, "form", 2);
    json_field_u64(&writer, "creation_unix_ms", genesis->creation_unix_ms);
    json_field_u64(&writer, "slot_ms", genesis->slot_ms);
    json_field_u64(&writer, "ticks_per_slot", genesis->ticks_per_slot);
    json_field_u64(&writer, "hashes_per_tick", genesis->hashes_per_tick);
    if (genesis_blockhash_blocks(genesis) != GENESIS_BLOCKHASH_BLOCKS)
        json_field_u64(&writer, "blockhash_blocks", genesis->blockhash_blocks);
    if (genesis->form == 2)
        write_second(&writer, genesis);
    if (genesis->has_faucet)
        write_key(&writer, "faucet", &genesis->faucet);
    json_name(&writer, "validators");
    json_open_array(&writer);
    for (size_t i = 0; i < genesis->validator_count; i++)
        write_validator(&writer, genesis, &genesis->validators[i]);
    json_close_array(&writer);
    json_name(&writer, "accounts");
    json_open_array(&writer);
    for (size_t i = 0; i < genesis->account_count; i++)
        write_account(&writer, &genesis->accounts[i]);
    json_close_array(&writer);
    json_close_object(&writer);
}

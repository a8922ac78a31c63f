#include "settlement/rpc/rpc_instruction.h"

#include "base/check.h"
#include "settlement/rpc/rpc_parsed.h"

void rpc_write_base58(struct json_writer *out, struct bytes data)
{
    struct buffer text = {0};
    base58_encode(data, &text);
    json_write_bytes(out, buffer_view(&text));
    buffer_free(&text);
}

void rpc_write_indexes(struct json_writer *out, struct bytes indexes)
{
    json_open_array(out);
    for (size_t i = 0; i < indexes.size; i++)
        json_write_u64(out, indexes.data[i]);
    json_close_array(out);
}

void rpc_write_compiled_instruction(
    struct json_writer *out, const struct transaction_instruction *instruction,
    unsigned stack_height)
{
    json_open_object(out);
    json_name(out, "accounts");
    rpc_write_indexes(out, instruction->accounts);
    json_name(out, "data");
    rpc_write_base58(out, instruction->data);
    json_field_u64(out, "programIdIndex", instruction->program_index);
    json_field_u64(out, "stackHeight", stack_height);
    json_close_object(out);
}

/* An instruction of a program without a parser of its own: keys spelled out,
 * data in base58 (Solana's "partially decoded"). */
static void write_partially(struct json_writer *out,
                            const struct transaction_instruction *instruction,
                            const struct pubkey *keys, unsigned stack_height)
{
    json_open_object(out);
    json_name(out, "accounts");
    json_open_array(out);
    for (size_t i = 0; i < instruction->accounts.size; i++)
        rpc_write_key(out, &keys[instruction->accounts.data[i]]);
    json_close_array(out);
    json_name(out, "data");
    rpc_write_base58(out, instruction->data);
    rpc_field_key(out, "programId", &keys[instruction->program_index]);
    json_field_u64(out, "stackHeight", stack_height);
    json_close_object(out);
}

void rpc_write_decoded_instruction(
    struct json_writer *out, const struct transaction_instruction *instruction,
    const struct pubkey *keys, unsigned stack_height)
{
    CHECK(keys);
    if (!rpc_write_parsed_instruction(out, instruction, keys, stack_height))
        write_partially(out, instruction, keys, stack_height);
}

/* Calls stand in the order they were made, so those of one instruction are side
 * by side. */
void rpc_write_inner_instructions(struct json_writer *out,
                                  const struct bank_result *result,
                                  bool is_decoded)
{
    CHECK(result->inner || !result->inner_count);
    json_open_array(out);
    for (size_t i = 0; i < result->inner_count;) {
        uint8_t outer = result->inner[i].outer;
        json_open_object(out);
        json_field_u64(out, "index", outer);
        json_name(out, "instructions");
        json_open_array(out);
        for (; i < result->inner_count && result->inner[i].outer == outer;
             i++) {
            const struct inner_instruction *inner = &result->inner[i];
            if (is_decoded)
                rpc_write_decoded_instruction(out, &inner->instruction,
                                              result->keys,
                                              inner->stack_height);
            else
                rpc_write_compiled_instruction(out, &inner->instruction,
                                               inner->stack_height);
        }
        json_close_array(out);
        json_close_object(out);
    }
    json_close_array(out);
}

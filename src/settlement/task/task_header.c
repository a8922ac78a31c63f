/*
 * Every instruction reads and writes the header, so its form is plain: flags,
 * keys, numbers of 8 bytes, then the texts with a length byte each. Its numbers
 * and texts are listed once, for writing and for reading, so that the two can't
 * differ.
 *
 * The header has no version. The state hash covers it, so validators must agree
 * on its form, and a change of the form is a change of the network.
 *
 * Decoded texts point into the row; task_book_open() copies the row because it
 * keeps the header past the next write.
 */
#include "settlement/task/task_header.h"
#include "base/check.h"
#include "base/error.h"

/* Bits of the first byte. */
#define FLAG_ALLOWLISTED 1
#define FLAG_ACTIVE 2
#define FLAG_MIGRATED 4
#define FLAGS_ALL 7

/* A text's length is one byte: no text is longer than its field in an
 * instruction, nor is a key in base58. */
static uint8_t *write_text(uint8_t *at, struct bytes text)
{
    CHECK(text.size <= TASK_TEXT_SIZE);
    *at++ = (uint8_t)text.size;
    if (text.size)
        memcpy(at, text.data, text.size);
    return at + text.size;
}

static const uint8_t *take_number(const uint8_t *at, uint64_t *out)
{
    *out = u64le_read(at);
    return at + 8;
}

static const uint8_t *take_key(const uint8_t *at, struct pubkey *out)
{
    memcpy(out->bytes, at, sizeof(out->bytes));
    return at + sizeof(out->bytes);
}

static int read_text(struct reader *reader, struct bytes *out)
{
    uint8_t size;
    int status = reader_u8(reader, &size);
    return status ? status : reader_take(reader, size, out);
}

static uint8_t *write_number(uint8_t *at, uint64_t number)
{
    u64le_write(at, number);
    return at + 8;
}

static uint8_t *write_key(uint8_t *at, const struct pubkey *key)
{
    memcpy(at, key->bytes, sizeof(key->bytes));
    return at + sizeof(key->bytes);
}

#define NUMBERS 12
/* The numbers of the row, in their order on disk. */
static void list_numbers(struct task_header *header, uint64_t *out[NUMBERS])
{
    struct task_terms *terms = &header->terms;
    uint64_t *const numbers[NUMBERS] = {
        &terms->total_bounty_amount,
        &terms->bounty_amount_per_round,
        &terms->round_time,
        &terms->audit_window,
        &terms->submission_window,
        &terms->minimum_stake_amount,
        &terms->allowed_failed_distributions,
        &header->starting_slot,
        &header->space,
        &header->total_stake,
        &header->total_balance,
        &header->text_size,
    };
    memcpy(out, numbers, sizeof(numbers));
}

#define TEXTS 8
/* The texts of the row, in their order on disk. */
static void list_texts(struct task_header *header, struct bytes *out[TEXTS])
{
    struct task_terms *terms = &header->terms;
    struct bytes *const texts[TEXTS] = {
        &terms->task_name,          &terms->task_description,
        &terms->task_audit_program, &terms->task_executable_network,
        &terms->task_metadata,      &terms->task_vars,
        &header->koii_vars,         &header->migrated_to,
    };
    memcpy(out, texts, sizeof(texts));
}

/* The part before the texts: flags, keys, numbers and the place of dropping. */
#define TASK_HEADER_FIXED_SIZE                                                 \
    (1 + 2 * 32 + 8 * (NUMBERS + TASK_COUNTS) + 2 * 8 + 1 + 8 + 32)
#define TASK_HEADER_SIZE_MAX                                                   \
    (TASK_HEADER_FIXED_SIZE + TEXTS * (1 + TASK_TEXT_SIZE))

/* Room is reserved once for the whole row: some forty appends that each check
 * for room would cost a submission more than anything else. */
void task_header_encode(const struct task_header *header, struct buffer *out)
{
    /* The lists need a header that is not const. */
    struct task_header copy = *header;
    CHECK(header->terms.round_time > 0);
    CHECK(header->drop_stage < TASK_DROP_STAGES);
    uint64_t *numbers[NUMBERS];
    struct bytes *texts[TEXTS];
    list_numbers(&copy, numbers);
    list_texts(&copy, texts);
    uint8_t *at = buffer_reserve(out, TASK_HEADER_SIZE_MAX);
    const uint8_t *begin = at;
    *at++ = (uint8_t)((header->is_allowlisted ? FLAG_ALLOWLISTED : 0) |
                      (header->is_active ? FLAG_ACTIVE : 0) |
                      (header->is_migrated ? FLAG_MIGRATED : 0));
    at = write_key(at, &header->task_manager);
    at = write_key(at, &header->stake_pot_account);
    for (size_t i = 0; i < NUMBERS; i++)
        at = write_number(at, *numbers[i]);
    for (size_t i = 0; i < TASK_COUNTS; i++)
        at = write_number(at, header->counts[i]);
    at = write_number(at, header->first_round);
    at = write_number(at, header->drop_end);
    *at++ = header->drop_stage;
    at = write_number(at, header->drop_round);
    at = write_key(at, &header->drop_key);
    CHECK(at - begin == TASK_HEADER_FIXED_SIZE);
    for (size_t i = 0; i < TEXTS; i++)
        at = write_text(at, *texts[i]);
    out->size += (size_t)(at - begin);
}

/* at: the row's part of fixed size. Returns the flags. */
static uint8_t decode_fixed(const uint8_t *at, struct task_header *out)
{
    const uint8_t *begin = at;
    uint64_t *numbers[NUMBERS];
    uint8_t flags = *at++;
    list_numbers(out, numbers);
    at = take_key(at, &out->task_manager);
    at = take_key(at, &out->stake_pot_account);
    for (size_t i = 0; i < NUMBERS; i++)
        at = take_number(at, numbers[i]);
    for (size_t i = 0; i < TASK_COUNTS; i++)
        at = take_number(at, &out->counts[i]);
    at = take_number(at, &out->first_round);
    at = take_number(at, &out->drop_end);
    out->drop_stage = *at++;
    at = take_number(at, &out->drop_round);
    at = take_key(at, &out->drop_key);
    CHECK(at - begin == TASK_HEADER_FIXED_SIZE);
    return flags;
}

/* round_time is a divisor and drop_stage an index, so those two are checked
 * here; task_check() checks the rest. */
static int decode(struct reader *reader, struct task_header *out)
{
    struct bytes *texts[TEXTS];
    struct bytes fixed;
    list_texts(out, texts);
    int status = reader_take(reader, TASK_HEADER_FIXED_SIZE, &fixed);
    if (status)
        return status;
    uint8_t flags = decode_fixed(fixed.data, out);
    for (size_t i = 0; i < TEXTS && !status; i++)
        status = read_text(reader, texts[i]);
    if (!status)
        status = reader_end(reader);
    if (status)
        return status;
    out->is_allowlisted = flags & FLAG_ALLOWLISTED;
    out->is_active = flags & FLAG_ACTIVE;
    out->is_migrated = flags & FLAG_MIGRATED;
    return flags <= FLAGS_ALL && out->terms.round_time &&
                   out->drop_stage < TASK_DROP_STAGES
               ? 0
               : ERR_CORRUPT;
}

int task_header_decode(struct bytes value, struct task_header *out)
{
    struct reader reader = reader_make(value);
    memset(out, 0, sizeof(*out));
    return decode(&reader, out)
               ? err_set(ERR_CORRUPT, "a task's header does not decode")
               : 0;
}

/* A header that does not decode is a bug or a fault of the disk: going on would
 * make this validator disagree with all others. */
bool task_header_get(const struct state *state, const struct pubkey *task,
                     struct task_header *out)
{
    struct task_row_key key;
    struct bytes value;
    task_rows_prefix(task, TASK_ROW_HEADER, NULL, NULL, &key);
    if (!state_get(state, bytes_make(key.bytes, key.size), &value))
        return false;
    CHECK(!task_header_decode(value, out));
    return true;
}

/*
 * The header is read and written by every instruction, so its form is plain:
 * flags, keys, numbers of 8 bytes, then the texts with a length byte each: some
 * 300 bytes and the texts. Its numbers and texts are
 * listed once, for writing and for reading, so that the two can't differ.
 *
 * No version stands in it. The form is part of what validators agree on (it is
 * hashed with the state): a change of it is a change of the network, not
 * something that a reader could make up for.
 *
 * Decoding borrows: texts point into the row. Whoever keeps a header past the
 * next write copies them (task_book_open()).
 */
#include "settlement/task_header.h"
#include "base/check.h"
#include "base/error.h"

/* Bits of the first byte. */
#define FLAG_ALLOWLISTED 1
#define FLAG_ACTIVE 2
#define FLAG_MIGRATED 4
#define FLAGS_ALL 7

/* Texts carry their length in one byte: none is longer than its field in an
 * instruction, and a key in base58 is shorter than that. */
static void write_text(struct buffer *out, struct bytes text)
{
    CHECK(text.size <= TASK_TEXT_SIZE);
    buffer_u8(out, (uint8_t)text.size);
    buffer_bytes(out, text);
}

static int read_text(struct reader *reader, struct bytes *out)
{
    uint8_t size;
    int status = reader_u8(reader, &size);
    return status < 0 ? status : reader_take(reader, size, out);
}

/* The numbers of the row, in their order on disk. */
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
    memcpy(out, numbers, sizeof numbers);
}

#define TEXTS 8
/* The texts, in theirs. */
static void list_texts(struct task_header *header, struct bytes *out[TEXTS])
{
    struct task_terms *terms = &header->terms;
    struct bytes *const texts[TEXTS] = {
        &terms->task_name,          &terms->task_description,
        &terms->task_audit_program, &terms->task_executable_network,
        &terms->task_metadata,      &terms->task_vars,
        &header->koii_vars,         &header->migrated_to,
    };
    memcpy(out, texts, sizeof texts);
}

void task_header_encode(const struct task_header *header, struct buffer *out)
{
    /* The lists point into what they list, and this one is const. */
    struct task_header copy = *header;
    CHECK(header->terms.round_time > 0);
    CHECK(header->drop_stage < TASK_DROP_STAGES);
    uint64_t *numbers[NUMBERS];
    struct bytes *texts[TEXTS];
    list_numbers(&copy, numbers);
    list_texts(&copy, texts);
    buffer_u8(out, (uint8_t)((header->is_allowlisted ? FLAG_ALLOWLISTED : 0) |
                             (header->is_active ? FLAG_ACTIVE : 0) |
                             (header->is_migrated ? FLAG_MIGRATED : 0)));
    buffer_bytes(out, pubkey_bytes(&header->task_manager));
    buffer_bytes(out, pubkey_bytes(&header->stake_pot_account));
    for (size_t i = 0; i < NUMBERS; i++)
        buffer_u64le(out, *numbers[i]);
    for (size_t i = 0; i < TASK_COUNTS; i++)
        buffer_u64le(out, header->counts[i]);
    buffer_u64le(out, header->first_round);
    buffer_u64le(out, header->drop_end);
    buffer_u8(out, header->drop_stage);
    buffer_u64le(out, header->drop_round);
    buffer_bytes(out, pubkey_bytes(&header->drop_key));
    for (size_t i = 0; i < TEXTS; i++)
        write_text(out, *texts[i]);
}

/* Everything is taken before anything is judged. round_time divides, and
 * drop_stage is an index, so those two are checked here; the rest is judged by
 * task_check(). */
static int decode(struct reader *reader, struct task_header *out)
{
    uint64_t *numbers[NUMBERS];
    struct bytes *texts[TEXTS];
    uint8_t flags;
    list_numbers(out, numbers);
    list_texts(out, texts);
    int status = reader_u8(reader, &flags);
    if (status == 0)
        status = reader_copy(reader, &out->task_manager, 32);
    if (status == 0)
        status = reader_copy(reader, &out->stake_pot_account, 32);
    for (size_t i = 0; i < NUMBERS && status == 0; i++)
        status = reader_u64le(reader, numbers[i]);
    for (size_t i = 0; i < TASK_COUNTS && status == 0; i++)
        status = reader_u64le(reader, &out->counts[i]);
    if (status == 0)
        status = reader_u64le(reader, &out->first_round);
    if (status == 0)
        status = reader_u64le(reader, &out->drop_end);
    if (status == 0)
        status = reader_u8(reader, &out->drop_stage);
    if (status == 0)
        status = reader_u64le(reader, &out->drop_round);
    if (status == 0)
        status = reader_copy(reader, &out->drop_key, 32);
    for (size_t i = 0; i < TEXTS && status == 0; i++)
        status = read_text(reader, texts[i]);
    if (status == 0)
        status = reader_end(reader);
    if (status < 0)
        return status;
    out->is_allowlisted = flags & FLAG_ALLOWLISTED;
    out->is_active = flags & FLAG_ACTIVE;
    out->is_migrated = flags & FLAG_MIGRATED;
    /* round_time divides; the rest is judged by task_check(). */
    return flags <= FLAGS_ALL && out->terms.round_time &&
                   out->drop_stage < TASK_DROP_STAGES
               ? 0
               : ERR_CORRUPT;
}

int task_header_decode(struct bytes value, struct task_header *out)
{
    struct reader reader = reader_make(value);
    memset(out, 0, sizeof *out);
    return decode(&reader, out) < 0
               ? err_set(ERR_CORRUPT, "a task's header does not decode")
               : 0;
}

/* A header that does not decode ends the process: only this program writes
 * them, so it is either a bug or a disk that lies, and to go on would make this
 * validator disagree with all others. */
bool task_header_get(const struct state *state, const struct pubkey *task,
                     struct task_header *out)
{
    struct task_row_key key;
    struct bytes value;
    task_rows_prefix(task, TASK_ROW_HEADER, NULL, NULL, &key);
    if (!state_get(state, bytes_make(key.bytes, key.size), &value))
        return false;
    CHECK(task_header_decode(value, out) == 0);
    return true;
}

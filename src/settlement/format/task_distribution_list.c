/*
 * Read by hand and not through a tree: an envelope is four times its list, and
 * in a tree every byte of the list would be an object. The scanner knows the
 * little of JSON that lists are made of and refuses the rest (escapes,
 * fractions, exponents, nesting), which no list has.
 *
 * Every validator must read a list alike, down to which lists are malformed,
 * because payouts follow from it. So the reader has no limits that depend on
 * memory or on a library's version, and where JSON leaves something open (a
 * name that stands twice) the answer is an error.
 *
 * Cost: one pass over the envelope, one over the list inside, and a hash table
 * of the keys meanwhile. The bytes come from an account that anybody may have
 * filled; the payout bounds their number before.
 */
#include "settlement/format/task_distribution_list.h"
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/map.h"
#include <inttypes.h>
#include <stdio.h>

/* ---- Writing ---- */

/* The bytes' numbers, as JSON.stringify() of a Buffer's contents gives them.
 * K2's clients write and read that, though it is four times as long. */
void task_list_build_text(const struct pubkey *task, uint64_t round,
                          struct bytes list, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);
    char name[24];
    snprintf(name, sizeof(name), "%" PRIu64, round);
    json_open_object(&writer);
    json_name(&writer, name);
    json_open_object(&writer);
    json_name(&writer, PUBKEY_TEXT(task));
    json_open_array(&writer);
    for (size_t i = 0; i < list.size; i++)
        json_write_u64(&writer, list.data[i]);
    /* Koii's readers look for this 0, and cut off a byte if there is none. */
    json_write_u64(&writer, 0);
    json_close_array(&writer);
    json_close_object(&writer);
    json_close_object(&writer);
    CHECK(writer.depth == 0);
}

/* At least one zero byte follows the text: it ends the text for readers even if
 * an older, longer list lies after it. So a size that fills its last chunk to
 * the byte takes one more. */
size_t task_list_chunk_count(size_t size)
{
    return size / TASK_CHUNK_DATA_SIZE + 1;
}

/* The codec pads the last chunk, so that all chunks have one size and each
 * lands at a place that follows from its number alone. */
void task_list_chunk(struct bytes data, size_t number, uint64_t round,
                     struct task_instruction *out)
{
    CHECK(number < task_list_chunk_count(data.size));
    CHECK(number <= UINT16_MAX);
    size_t begin = number * TASK_CHUNK_DATA_SIZE;
    size_t left = data.size - begin;
    *out = (struct task_instruction){
        .kind = TASK_UPLOAD_DISTRIBUTION_LIST,
        .round = round,
        .chunk.number = (uint16_t)number,
        .chunk.data = bytes_make(data.data + begin, left < TASK_CHUNK_DATA_SIZE
                                                        ? left
                                                        : TASK_CHUNK_DATA_SIZE),
    };
}

/* ---- Reading ---- */

/* What is left to read: at <= end. White space is skipped before each thing
 * that is taken. */
struct scanner {
    const uint8_t *at;
    const uint8_t *end;
};

/* The operator of a node finds this in the log if the node's list was refused.
 */
static int malformed(const char *what)
{
    return err_set(ERR_INVALID, "the distribution list is malformed: %s", what);
}

static bool is_space(uint8_t character)
{
    return character == ' ' || character == '\n' || character == '\r' ||
           character == '\t';
}

static void skip_space(struct scanner *scanner)
{
    while (scanner->at < scanner->end && is_space(*scanner->at))
        scanner->at++;
}

/* Consume one character if it is the next. The grammar needs no more looking
 * ahead. */
static bool take(struct scanner *scanner, char character)
{
    skip_space(scanner);
    if (scanner->at == scanner->end || *scanner->at != (uint8_t)character)
        return false;
    scanner->at++;
    return true;
}

/* A string without escapes: keys and rounds have none. Bytes past 0x7f are let
 * through because no key or round compares equal to them. */
static int take_string(struct scanner *scanner, struct bytes *out)
{
    if (!take(scanner, '"'))
        return malformed("a name is missing");
    const uint8_t *begin = scanner->at;
    while (scanner->at < scanner->end && *scanner->at != '"') {
        if (*scanner->at == '\\' || *scanner->at < 0x20)
            return malformed("a name is neither key nor round");
        scanner->at++;
    }
    if (scanner->at == scanner->end)
        return malformed("it ends within a name");
    *out = bytes_make(begin, (size_t)(scanner->at - begin));
    scanner->at++;
    return 0;
}

/* An integer as JSON writes it, without leading zeros; floating point is
 * refused. At most 2^63 - 1 either way, so that the sign can be turned. */
static int take_integer(struct scanner *scanner, int64_t *out)
{
    bool is_negative = take(scanner, '-');
    const uint8_t *begin = scanner->at;
    uint64_t value = 0;
    while (scanner->at < scanner->end && *scanner->at >= '0' &&
           *scanner->at <= '9') {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *scanner->at - '0', &value) ||
            value > INT64_MAX)
            return malformed("a number is too large");
        scanner->at++;
    }
    /* "-0" is taken for 0, "00" is not a number. */
    size_t digits = (size_t)(scanner->at - begin);
    if (digits == 0 || (digits > 1 && *begin == '0'))
        return malformed("an integer is missing");
    *out = is_negative ? -(int64_t)value : (int64_t)value;
    return 0;
}

/* Read the array of a list's bytes, and append those before the first 0 to out
 * if out is not NULL. The rest is still checked for being bytes: whether an
 * envelope is well formed must not depend on which of its lists is wanted. */
static int take_bytes(struct scanner *scanner, struct buffer *out)
{
    bool has_ended = false;
    if (!take(scanner, '['))
        return malformed("an array of bytes is missing");
    if (take(scanner, ']'))
        return 0;
    do {
        int64_t value;
        int status = take_integer(scanner, &value);
        if (status)
            return status;
        if (value < 0 || value > UINT8_MAX)
            return malformed("a number is no byte");
        /* K2's programs pad the list itself with zero bytes. */
        has_ended = has_ended || value == 0;
        if (out && !has_ended)
            buffer_u8(out, (uint8_t)value);
    } while (take(scanner, ','));
    return take(scanner, ']') ? 0 : malformed("an array does not end");
}

/* The lists of one round, by task. *found: the wanted list was read already; a
 * second one is an error. */
static int take_round(struct scanner *scanner, struct bytes task,
                      struct buffer *out, bool *found)
{
    if (!take(scanner, '{'))
        return malformed("a round is no object");
    if (take(scanner, '}'))
        return 0;
    do {
        struct bytes name;
        int status = take_string(scanner, &name);
        if (status)
            return status;
        if (!take(scanner, ':'))
            return malformed("a colon is missing");
        bool is_wanted = out && bytes_equal(name, task);
        if (is_wanted && *found)
            return malformed("a list stands twice");
        *found = *found || is_wanted;
        status = take_bytes(scanner, is_wanted ? out : NULL);
        if (status)
            return status;
    } while (take(scanner, ','));
    return take(scanner, '}') ? 0 : malformed("a round does not end");
}

/* Append the list's own text. All of the envelope is read, whichever round is
 * wanted, and nothing but white space may follow. */
static int take_envelope(struct scanner *scanner, struct bytes task,
                         uint64_t round, struct buffer *out)
{
    char round_name[24];
    bool found = false;
    snprintf(round_name, sizeof(round_name), "%" PRIu64, round);
    if (!take(scanner, '{'))
        return malformed("the envelope is no object");
    do {
        struct bytes name;
        int status = take_string(scanner, &name);
        if (status)
            return status;
        if (!take(scanner, ':'))
            return malformed("a colon is missing");
        bool is_wanted = bytes_equal(name, bytes_text(round_name));
        status = take_round(scanner, task, is_wanted ? out : NULL, &found);
        if (status)
            return status;
    } while (take(scanner, ','));
    if (!take(scanner, '}'))
        return malformed("the envelope does not end");
    skip_space(scanner);
    if (scanner->at != scanner->end)
        return malformed("something stands after the envelope");
    return found ? 0
                 : err_set(ERR_NOT_FOUND,
                           "the data account holds no list of round %" PRIu64,
                           round);
}

/* Whether an object is an envelope, whose values are objects, and not a plain
 * list, whose values are numbers. */
static bool is_envelope(struct scanner scanner)
{
    struct bytes name;
    bool is = take(&scanner, '{') && take_string(&scanner, &name) == 0 &&
              take(&scanner, ':') && take(&scanner, '{');
    err_clear();
    return is;
}

/* A length as bincode writes it, and so many bytes. */
static int take_text(struct reader *reader, struct bytes *out)
{
    uint64_t size;
    int status = reader_u64le(reader, &size);
    if (!status && size > reader->left.size)
        status = malformed("a text is longer than the account");
    return status ? status : reader_take(reader, size, out);
}

/* The newer form that Koii's readers know: bincode's map of rounds to maps of
 * task ids to the lists' texts. Its numbers are u64, and bytes may follow.
 * ERR_INVALID if the data has another form: JSON, read as bincode, begins with
 * a number of rounds that no account has room for. */
static int take_bincode(struct bytes data, struct bytes task, uint64_t round,
                        struct buffer *out)
{
    struct reader reader = reader_make(data);
    uint64_t rounds, tasks, found_round;
    struct bytes name = {0}, list = {0}, found = {0};
    bool is_found = false;
    int status = reader_u64le(&reader, &rounds);
    if (!status && rounds > data.size / 16)
        status = malformed("it is no bincode");
    for (uint64_t i = 0; !status && i < rounds; i++) {
        status = reader_u64le(&reader, &found_round);
        if (!status)
            status = reader_u64le(&reader, &tasks);
        if (!status && tasks > data.size / 16)
            status = malformed("it is no bincode");
        for (uint64_t k = 0; !status && k < tasks; k++) {
            status = take_text(&reader, &name);
            if (!status)
                status = take_text(&reader, &list);
            if (status || found_round != round || !bytes_equal(name, task))
                continue;
            if (is_found)
                return malformed("a list stands twice");
            found = list;
            is_found = true;
        }
    }
    if (status)
        return malformed("it is no bincode");
    if (!is_found)
        return err_set(ERR_NOT_FOUND,
                       "the data account holds no list of round %" PRIu64,
                       round);
    buffer_bytes(out, found);
    return 0;
}

/* Bincode is tried first, as Koii's readers do; then JSON, which ends at the
 * first zero byte. After that byte comes the padding of the last chunk, or the
 * rest of an older list. */
int task_list_text(struct bytes data, const struct pubkey *task, uint64_t round,
                   struct buffer *out)
{
    CHECK(task && out);
    struct pubkey_text text = pubkey_text(task);
    int status = take_bincode(data, bytes_text(text.text), round, out);
    if (status != ERR_INVALID)
        return status;
    const uint8_t *zero =
        data.size ? memchr(data.data, 0, data.size) : data.data;
    struct scanner scanner = {.at = data.data,
                              .end = zero ? zero : data.data + data.size};
    if (is_envelope(scanner))
        return take_envelope(&scanner, bytes_text(text.text), round, out);
    /* KPL clients pad chunks with blanks, which would be most of the envelope.
     */
    while (scanner.end > scanner.at && is_space(scanner.end[-1]))
        scanner.end--;
    buffer_append(out, scanner.at, (size_t)(scanner.end - scanner.at));
    return 0;
}

/* The entries read so far. list lies in the arena, as do the shorter ones that
 * it outgrew; seen is a heap table of the keys, freed by task_list_parse(). */
struct entries {
    struct task_list_entry *list;
    size_t count;
    size_t capacity;
    struct map *seen;
    struct arena *arena;
};

/* A key that stands twice is an error because readers would differ: some take
 * the sum, some the first or the last. */
static int add_entry(struct entries *entries, struct bytes name, int64_t amount)
{
    if (entries->count == TASK_LIST_ENTRIES_MAX)
        return err_set(ERR_LIMIT, "a distribution list has more than %d keys",
                       TASK_LIST_ENTRIES_MAX);
    if (entries->count == entries->capacity) {
        size_t capacity = entries->capacity ? entries->capacity * 2 : 16;
        struct task_list_entry *list =
            arena_alloc(entries->arena, capacity * sizeof(*list));
        if (entries->count)
            memcpy(list, entries->list, entries->count * sizeof(*list));
        entries->list = list;
        entries->capacity = capacity;
    }
    CHECK(entries->count < entries->capacity);
    struct task_list_entry *entry = &entries->list[entries->count];
    entry->amount = amount;
    int status = pubkey_parse(name, &entry->key);
    if (status)
        return status;
    /* Only the map's keys matter; a value must not be NULL. */
    if (map_put(entries->seen, pubkey_bytes(&entry->key), entries))
        return malformed("a key stands twice");
    entries->count++;
    return 0;
}

/* An empty list is valid: it pays nobody, and ends its round all the same. */
static int take_entries(struct scanner *scanner, struct entries *entries)
{
    if (!take(scanner, '{'))
        return malformed("it is no object");
    if (!take(scanner, '}')) {
        do {
            struct bytes name;
            int64_t amount;
            int status = take_string(scanner, &name);
            if (!status && !take(scanner, ':'))
                status = malformed("a colon is missing");
            if (!status)
                status = take_integer(scanner, &amount);
            if (!status)
                status = add_entry(entries, name, amount);
            if (status)
                return status;
        } while (take(scanner, ','));
        if (!take(scanner, '}'))
            return malformed("it does not end");
    }
    skip_space(scanner);
    return scanner->at == scanner->end ? 0
                                       : malformed("something stands after it");
}

/* *out and *count are set only on success. */
int task_list_parse(struct bytes data, const struct pubkey *task,
                    uint64_t round, struct arena *arena,
                    struct task_list_entry **out, size_t *count)
{
    CHECK(task && arena && out && count);
    struct buffer list = {0};
    struct entries entries = {.arena = arena, .seen = map_new()};
    int status = task_list_text(data, task, round, &list);
    if (!status) {
        struct scanner inner = {.at = list.data, .end = list.data + list.size};
        status = take_entries(&inner, &entries);
    }
    if (!status) {
        *out = entries.list;
        *count = entries.count;
    }
    map_free(entries.seen);
    buffer_free(&list);
    return status;
}

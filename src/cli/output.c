/*
 * Records are collected before anything is printed, because a table's columns
 * are as wide as their widest cells, and the number of records decides the
 * form.
 *
 * Each field is kept in both forms, text and JSON, from the moment it is
 * given. The memory is an arena that goes when the output has been printed.
 * Commands that stream (store add, task simulate) print each record as soon as
 * it is there.
 *
 * A record takes 3 KiB and its texts, whatever it holds: lists here have
 * thousands of records at most, and a struct of fixed size needs no second
 * allocation.
 *
 * JSON waits for output_print(), too: a command that fails halfway prints
 * nothing, in either form.
 *
 * Texts are mostly a stranger's: a task's creator names it, a program writes a
 * transaction's log. Here they become harmless to a terminal, in the form for
 * people; JSON has escapes of its own.
 */
#include "cli/output.h"
#include "base/check.h"
#include "base/decimal.h"
#include "base/json.h"
#include "cli/options.h"

#include <inttypes.h>

/* A value in both forms. text is never NULL; json is one complete JSON value.
 */
struct output_field {
    const char *name;
    const char *text;
    struct bytes json;
};

/* Enough for a seed phrase as a line of JSON, because a buffer that grows
 * leaves what it held in memory. */
#define SECRET_ROOM 1024

/* Here stdio collects what is secret. */
static char secret_room[4096];

/* A buffer for a piece of a field, and its end. */
static struct buffer begin_piece(const struct output *output)
{
    struct buffer piece = {0};

    if (output->is_secret)
        buffer_reserve(&piece, SECRET_ROOM);
    return piece;
}

static void end_piece(const struct output *output, struct buffer *piece)
{
    if (output->is_secret && piece->data)
        explicit_bzero(piece->data, piece->capacity);
    buffer_free(piece);
}

/* A record: count fields in the order they were given. */
struct output_row {
    struct output_row *next;
    size_t count;
    struct output_field fields[OUTPUT_FIELDS_MAX];
};

/* Can these bytes, one UTF-8 sequence or what is none, do more to a terminal
 * than show a character? The C1 controls, U+0080 to U+009F, are 0xc2 and the
 * byte of their number in UTF-8; some terminals obey them as they obey ESC. */
static bool is_harmless(struct bytes sequence)
{
    CHECK(sequence.size > 0);
    uint8_t first = sequence.data[0];

    if (sequence.size == 1)
        return first >= 0x20 && first < 0x7f;
    return first != 0xc2 || sequence.data[1] >= 0xa0;
}

/* Written out and not dropped, because a user who looks at a strange text wants
 * to see what is in it. A malformed sequence goes byte by byte, so that what is
 * well-formed after it is found again. */
void output_harmless(struct bytes text, const char *kept, struct buffer *out)
{
    CHECK(kept && out);
    while (text.size) {
        size_t length = bytes_utf8_sequence(text);
        struct bytes sequence = bytes_make(text.data, length ? length : 1);

        if ((length && is_harmless(sequence)) ||
            (*text.data && strchr(kept, *text.data)))
            buffer_bytes(out, sequence);
        else
            for (size_t i = 0; i < sequence.size; i++)
                buffer_format(out, "\\x%02x", sequence.data[i]);
        text.data += sequence.size;
        text.size -= sequence.size;
    }
}

/* Kept apart from the number of records: a list with one entry is still a list
 * to its reader. */
void output_list(struct output *output, const char *empty)
{
    CHECK(output);
    output->is_list = true;
    output->empty = empty;
}

/* Both forms are made when the field is: what is printed is decided at the end,
 * and the value may be gone by then. The first field opens the record. Names
 * are not copied: they are constants nearly everywhere, and the network's where
 * they are not. A line end in a text would be read as a line of the table. */
void output_json(struct output *output, const char *name, const char *text,
                 struct bytes json)
{
    CHECK(output && name && text);
    struct buffer shown = begin_piece(output);

    if (!output->open)
        output->open = arena_zero(&output->arena, sizeof(*output->open));
    CHECK(output->open->count < OUTPUT_FIELDS_MAX);
    struct output_field *field = &output->open->fields[output->open->count++];
    field->name = name;
    output_harmless(bytes_text(text), "", &shown);
    field->text = arena_text(&output->arena, buffer_view(&shown));
    field->json = arena_bytes(&output->arena, json);
    end_piece(output, &shown);
}

/* A missing value is JSON's null, and a dash for people, so that columns stay
 * aligned. */
void output_text(struct output *output, const char *name, const char *value)
{
    struct buffer json = begin_piece(output);
    struct json_writer writer = json_writer_make(&json);

    if (value)
        json_write_text(&writer, value);
    else
        json_write_null(&writer);
    output_json(output, name, value ? value : "-", buffer_view(&json));
    end_piece(output, &json);
}

/* As a JSON number even above 2^53: readers of this are scripts and jq, which
 * keep the digits. */
void output_u64(struct output *output, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    output_json(output, name, text, bytes_text(text));
}

/* Used for times, which may lie before 1970 on a broken clock. */
void output_i64(struct output *output, const char *name, int64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, value);
    output_json(output, name, text, bytes_text(text));
}

void output_bool(struct output *output, const char *name, bool value)
{
    output_json(output, name, value ? "yes" : "no",
                bytes_text(value ? "true" : "false"));
}

/* The unit stands after the number for people and in the name for scripts. */
static void output_amount(struct output *output, const char *name,
                          const char *sign, uint64_t roe)
{
    CHECK(name);
    struct buffer text = {0};
    char json[24];

    snprintf(json, sizeof(json), "%s%" PRIu64, sign, roe);
    buffer_text(&text, sign);
    options_roe_text(roe, &text);
    buffer_text(&text, " KOII");
    output_json(output, name, buffer_string(&text), bytes_text(json));
    buffer_free(&text);
}

/* No supply comes near the sign bit (500 million KOII are 2^59 roe), but an
 * endpoint says what it likes, and an odd amount is shown all the same. */
void output_roe(struct output *output, const char *name, uint64_t roe)
{
    output_amount(output, name, "", roe);
}

void output_units(struct output *output, const char *name, uint64_t units,
                  unsigned decimals)
{
    struct buffer text = {0};
    char json[24];

    snprintf(json, sizeof(json), "%" PRIu64, units);
    decimal_units(units, decimals, &text);
    output_json(output, name, buffer_string(&text), bytes_text(json));
    buffer_free(&text);
}

/* -INT64_MIN would not fit, so the sign is taken off in unsigned numbers. */
void output_roe_signed(struct output *output, const char *name, int64_t roe)
{
    if (roe < 0)
        output_amount(output, name, "-", 0 - (uint64_t)roe);
    else
        output_amount(output, name, "", (uint64_t)roe);
}

/* A record without fields is a mistake of the command's. */
void output_record(struct output *output)
{
    CHECK(output);
    CHECK(output->open);
    if (output->last)
        output->last->next = output->open;
    else
        output->first = output->open;
    output->last = output->open;
    output->open = NULL;
}

/* One object a line, so that a reader can begin before the list ends, and line
 * tools work. The fields' JSON is put in as it is: it was written by
 * json_write_*() or came from json_text(). */
static void print_json(const struct output *output,
                       const struct output_row *row)
{
    CHECK(row->count > 0);
    struct buffer line = begin_piece(output);
    struct json_writer writer = json_writer_make(&line);

    json_open_object(&writer);
    for (size_t i = 0; i < row->count; i++) {
        json_name(&writer, row->fields[i].name);
        json_write_raw(&writer, row->fields[i].json);
    }
    json_close_object(&writer);
    printf("%s\n", buffer_string(&line));
    end_piece(output, &line);
}

/* "stake_pot" to "stake pot", "balance_roe" to "balance". A copy in the arena
 * for each use: a few bytes, gone after printing. */
static const char *label(struct output *output, const char *name)
{
    struct bytes shown = bytes_text(name);
    struct bytes unit = bytes_text("_roe");

    if (shown.size > unit.size &&
        !strcmp(name + shown.size - unit.size, "_roe"))
        shown.size -= unit.size;
    char *text = arena_text(&output->arena, shown);
    for (char *at = text; *at; at++) {
        if (*at == '_')
            *at = ' ';
    }
    return text;
}

/* The values begin in one column, whatever the names. Two passes, of which the
 * first finds the widest name. */
static void print_record(struct output *output, const struct output_row *row)
{
    size_t width = 0;

    for (size_t i = 0; i < row->count; i++) {
        size_t size = strlen(label(output, row->fields[i].name));

        if (size > width)
            width = size;
    }
    for (size_t i = 0; i < row->count; i++) {
        const char *name = label(output, row->fields[i].name);

        printf("%s:%*s %s\n", name, (int)(width - strlen(name)), "",
               row->fields[i].text);
    }
}

/* Every record of a list has the same fields: they are made by one piece of
 * code. CHECKed, because a cell in the wrong column would be believed. Widths
 * are counted in bytes: a text with letters of several bytes makes its column a
 * little wide. */
static void print_table(struct output *output)
{
    CHECK(output->first);
    size_t widths[OUTPUT_FIELDS_MAX] = {0};
    const struct output_row *first = output->first;

    for (const struct output_row *row = first; row; row = row->next) {
        CHECK(row->count == first->count);
        for (size_t i = 0; i < row->count; i++) {
            size_t name = strlen(label(output, row->fields[i].name));
            size_t text = strlen(row->fields[i].text);

            if (name > widths[i])
                widths[i] = name;
            if (text > widths[i])
                widths[i] = text;
        }
    }
    /* The last column is not padded: no line ends in blanks. */
    for (size_t i = 0; i < first->count; i++)
        printf("%-*s%s", i + 1 < first->count ? (int)widths[i] : 0,
               label(output, first->fields[i].name),
               i + 1 < first->count ? "  " : "\n");
    for (const struct output_row *row = first; row; row = row->next) {
        for (size_t i = 0; i < row->count; i++)
            printf("%-*s%s", i + 1 < row->count ? (int)widths[i] : 0,
                   row->fields[i].text, i + 1 < row->count ? "  " : "\n");
    }
}

/* Flushed at once: the next thing a command does may take a minute. What was
 * collected goes in any case, and the output can be used for the next record or
 * list: json is all that stays. */
void output_print(struct output *output)
{
    bool json = output->json, is_secret = output->is_secret;

    CHECK(!output->open);
    if (is_secret)
        setvbuf(stdout, secret_room, _IOFBF, sizeof(secret_room));
    if (json) {
        for (struct output_row *row = output->first; row; row = row->next)
            print_json(output, row);
    } else if (!output->first) {
        if (output->empty)
            printf("%s\n", output->empty);
    } else if (output->is_list || output->first->next) {
        print_table(output);
    } else {
        print_record(output, output->first);
    }
    fflush(stdout);
    if (is_secret)
        explicit_bzero(secret_room, sizeof(secret_room));
    output_drop(output);
    *output = (struct output){.json = json, .is_secret = is_secret};
}

void output_drop(struct output *output)
{
    if (output->is_secret)
        arena_wipe(&output->arena);
    else
        arena_free(&output->arena);
}

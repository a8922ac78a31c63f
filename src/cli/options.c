/*
 * getopt_long() was not used: it keeps its state in globals, gives values
 * without types, and knows nothing of help. One table here serves parsing,
 * typed values with ranges, help and suggestions, so that these can't
 * disagree.
 *
 * The parser has no I/O and ends no process. Errors are texts that name the
 * option, the value and what was expected, and the caller decides what becomes
 * of them.
 *
 * Limits of the form are on purpose. No option has an optional value, because
 * `-n 5` could then be a flag and an argument; nothing is abbreviated, because
 * a new option could make an abbreviation ambiguous that scripts use.
 *
 * Numbers and amounts are read here as well, because commands take them as
 * arguments, too, and one rule holds for both.
 */
#include "cli/options.h"
#include "base/check.h"
#include "base/decimal.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* 1 KOII in roe, and the decimals that makes. */
#define ROE_PER_KOII 1000000000u
#define ROE_DECIMALS 9

/* A mistyped name this near to a known one, in letters to be changed, is worth
 * asking about. */
#define NEAR_ENOUGH 2

/* Letters of a word that is compared: longer than any option's name. */
#define WORD_MAX 32

/* Levenshtein's, with one row of the table: words on a command line are short.
 * When letter i of a has been dealt with, row[j] is the distance of a's first i
 * letters and b's first j; diagonal has kept what row[j - 1] was before. */
unsigned options_distance(const char *a, const char *b)
{
    CHECK(a && b);
    unsigned row[WORD_MAX + 1];
    size_t a_size = strlen(a), b_size = strlen(b);

    if (a_size > WORD_MAX || b_size > WORD_MAX)
        return UINT32_MAX;
    for (unsigned j = 0; j <= b_size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_size; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_size];
}

/* strtoull() is not used because it takes blanks, signs and what follows the
 * number. Overflow is found by the multiplication that would cause it. */
int options_number(const char *text, uint64_t *out)
{
    CHECK(text && out);
    uint64_t value = 0;

    if (!*text)
        return err_set(ERR_INVALID, "a number is missing");
    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9')
            return err_set(ERR_INVALID, "'%s' is not a number", text);
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (unsigned)(*at - '0'), &value))
            return err_set(ERR_INVALID, "%s is too large", text);
    }
    *out = value;
    return 0;
}

/* Fixed point from the first digit to the last: no floating point number ever
 * holds an amount. The part after the point is filled up with zeros to nine
 * digits and is then a number of roe. Either part may be missing, but not both.
 * 24 letters hold every number that fits, which has 20 digits; options_number()
 * refuses the others, and signs. */
int options_roe(const char *text, uint64_t *out)
{
    CHECK(text && out);
    const char *point = strchr(text, '.');
    char whole[24] = "0", decimals[ROE_DECIMALS + 1];
    size_t whole_size = point ? (size_t)(point - text) : strlen(text);
    size_t decimal_count = point ? strlen(point + 1) : 0;
    uint64_t koii, roe;

    if (whole_size >= sizeof(whole) || decimal_count > ROE_DECIMALS ||
        whole_size + decimal_count == 0)
        goto invalid;
    if (whole_size) {
        memcpy(whole, text, whole_size);
        whole[whole_size] = 0;
    }
    memset(decimals, '0', ROE_DECIMALS);
    decimals[ROE_DECIMALS] = 0;
    if (decimal_count)
        memcpy(decimals, point + 1, decimal_count);
    if (options_number(whole, &koii) < 0 || options_number(decimals, &roe) < 0)
        goto invalid;
    if (__builtin_mul_overflow(koii, ROE_PER_KOII, &koii) ||
        __builtin_add_overflow(koii, roe, out))
        goto invalid;
    return 0;
invalid:
    return err_set(ERR_INVALID,
                   "'%s' is not an amount of KOII, such as 2 or 0.5 (at most "
                   "%d decimals)",
                   text, ROE_DECIMALS);
}

/* What options_roe() reads gives the same number again. */
void options_roe_text(uint64_t roe, struct buffer *out)
{
    decimal_units(roe, ROE_DECIMALS, out);
}

/* The option of that name (of size bytes) and the set it stands in. Tables in
 * order, the first match counts: that is how a command's own option hides a
 * common one. */
static const struct option *find_name(const struct option_set *sets,
                                      size_t set_count, const char *name,
                                      size_t size, void **values)
{
    CHECK(sets && name);
    for (size_t i = 0; i < set_count; i++) {
        for (const struct option *o = sets[i].options; o && o->name; o++) {
            if (strlen(o->name) == size && !memcmp(o->name, name, size)) {
                *values = sets[i].values;
                return o;
            }
        }
    }
    return NULL;
}

/* A letter stands for the same option in every table that has it. */
static const struct option *find_letter(const struct option_set *sets,
                                        size_t set_count, char letter,
                                        void **values)
{
    CHECK(sets && letter);
    for (size_t i = 0; i < set_count; i++) {
        for (const struct option *o = sets[i].options; o && o->name; o++) {
            if (o->letter && o->letter == letter) {
                *values = sets[i].values;
                return o;
            }
        }
    }
    return NULL;
}

/* A suggestion only where it is near enough to be meant: a far-fetched one
 * misleads. A name of more than 32 letters is cut before it is compared, and
 * shown cut. */
static int unknown_option(const struct option_set *sets, size_t set_count,
                          const char *given)
{
    char name[WORD_MAX + 1];
    unsigned nearest = NEAR_ENOUGH + 1;
    const char *meant = NULL;

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(given + 2, "="),
             given + 2);
    for (size_t i = 0; i < set_count; i++) {
        for (const struct option *o = sets[i].options; o && o->name; o++) {
            unsigned distance = options_distance(name, o->name);

            if (distance < nearest) {
                nearest = distance;
                meant = o->name;
            }
        }
    }
    if (meant)
        return err_set(ERR_INVALID,
                       "there is no option --%s; did you mean --%s?", name,
                       meant);
    return err_set(ERR_INVALID, "there is no option --%s", name);
}

/* The range is part of the message, so that the second attempt is right. A
 * number that does not fit 64 bits gets the same text, because that says what
 * is asked for. */
static int store_number(const struct option *option, const char *text,
                        uint64_t *out)
{
    CHECK(option->kind == OPTION_NUMBER);
    int status = options_number(text, out);

    if (!status && (*out < option->min || (option->max && *out > option->max)))
        status = ERR_INVALID;
    if (!status)
        return 0;
    if (option->max)
        return err_set(ERR_INVALID,
                       "--%s takes a number from %" PRIu64 " to %" PRIu64
                       ", not '%s'",
                       option->name, option->min, option->max, text);
    return err_set(ERR_INVALID,
                   "--%s takes a number from %" PRIu64 " on, not '%s'",
                   option->name, option->min, text);
}

/* The offset was computed by offsetof() in the command's table, so the type at
 * it is the one that the kind names. Errors of values name the option, because
 * the parser's caller knows only the line. */
static int store(const struct option *option, void *values, const char *text)
{
    CHECK(values && (text || option->kind == OPTION_FLAG));
    void *at = (char *)values + option->offset;

    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)at = true;
        return 0;
    case OPTION_TEXT:
        *(const char **)at = text;
        return 0;
    case OPTION_NUMBER:
        return store_number(option, text, at);
    case OPTION_ROE:
        if (options_roe(text, at) < 0)
            return err_add(ERR_INVALID, "--%s", option->name);
        return 0;
    case OPTION_LIST: {
        struct option_list *list = at;

        if (list->count == OPTION_LIST_MAX)
            return err_set(ERR_INVALID, "--%s given more than %d times",
                           option->name, OPTION_LIST_MAX);
        list->values[list->count++] = text;
        return 0;
    }
    }
    CHECK(!"a kind of option that nobody stores");
}

/* Where an argument is an option: which, the struct its value goes to, and the
 * value attached to it, which points into the argument. */
struct found {
    const struct option *option;
    void *values;
    const char *attached; /* NULL: none */
};

/* "--" and "-" have been dealt with by the caller: here two dashes mean a name
 * and one a letter. "--name=" attaches an empty value, which is one. */
static int find(const struct option_set *sets, size_t set_count,
                const char *given, struct found *out)
{
    CHECK(given[0] == '-');
    if (given[1] == '-') {
        size_t size = strcspn(given + 2, "=");

        out->attached = given[2 + size] == '=' ? given + 3 + size : NULL;
        out->option = find_name(sets, set_count, given + 2, size, &out->values);
        if (!out->option)
            return unknown_option(sets, set_count, given);
    } else {
        out->attached = given[2] ? given + 2 : NULL;
        out->option = find_letter(sets, set_count, given[1], &out->values);
        if (!out->option)
            return err_set(ERR_INVALID, "there is no option -%c", given[1]);
    }
    if (out->option->kind == OPTION_FLAG && out->attached)
        return err_set(ERR_INVALID, "--%s takes no value", out->option->name);
    return 0;
}

/* The words of argv are not copied: they live as long as the program. One pass
 * from left to right; nothing is looked at twice, so that what an option means
 * never depends on what comes later. */
int options_parse(const struct option_set *sets, size_t set_count, int argc,
                  char **argv, const char **arguments, size_t *argument_count)
{
    CHECK(argc >= 1);
    CHECK(argument_count);
    bool only_arguments = false;

    *argument_count = 0;
    for (int i = 1; i < argc; i++) {
        const char *given = argv[i];
        struct found found = {0};
        int status;

        /* "-" alone is an argument: standard input. */
        if (only_arguments || given[0] != '-' || !given[1]) {
            arguments[(*argument_count)++] = given;
            continue;
        }
        if (!strcmp(given, "--")) {
            only_arguments = true;
            continue;
        }
        status = find(sets, set_count, given, &found);
        if (status)
            return status;
        if (found.option->kind != OPTION_FLAG && !found.attached) {
            if (i + 1 == argc)
                return err_set(ERR_INVALID, "--%s needs a value: --%s %s",
                               found.option->name, found.option->name,
                               found.option->argument);
            found.attached = argv[++i];
        }
        status = store(found.option, found.values, found.attached);
        if (status)
            return status;
    }
    return 0;
}

/* Options without a letter are indented by the room of one, so that the names
 * stand in a column. out is used again for each. */
static void spelling(const struct option *option, struct buffer *out)
{
    buffer_clear(out);
    if (option->letter)
        buffer_format(out, "-%c, ", option->letter);
    else
        buffer_text(out, "    ");
    buffer_format(out, "--%s", option->name);
    if (option->argument)
        buffer_format(out, " %s", option->argument);
}

/* Words longer than a line, such as URLs, are not broken. Bytes are counted as
 * columns, because the help is ASCII. */
void options_wrap(const char *text, size_t indent, struct buffer *out)
{
    CHECK(text && out);
    size_t column = indent;

    while (*text) {
        size_t word = strcspn(text, " ");

        if (column > indent && column + 1 + word > 79) {
            buffer_format(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            buffer_u8(out, ' ');
            column++;
        }
        buffer_append(out, text, word);
        column += word;
        text += word;
        text += strspn(text, " ");
    }
    buffer_u8(out, '\n');
}

/* Two passes: the width of the left column depends on every option of every
 * table. The help of each begins two blanks after it and is wrapped there. */
void options_help(const struct option_set *sets, size_t set_count,
                  struct buffer *out)
{
    CHECK(sets && out);
    struct buffer spelled = {0};
    size_t width = 0;

    for (size_t i = 0; i < set_count; i++) {
        for (const struct option *o = sets[i].options; o && o->name; o++) {
            spelling(o, &spelled);
            if (spelled.size > width)
                width = spelled.size;
        }
    }
    for (size_t i = 0; i < set_count; i++) {
        for (const struct option *o = sets[i].options; o && o->name; o++) {
            spelling(o, &spelled);
            buffer_format(out, "  %-*s  ", (int)width, buffer_string(&spelled));
            options_wrap(o->help, width + 4, out);
        }
    }
    buffer_free(&spelled);
}

/*
 * A command line: words that end in zero bytes, parsed by a table with every
 * kind of option; and each word as a number and as an amount, which must come
 * out as they went in.
 */
#include "base/check.h"
#include "cli/options.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define WORDS_MAX 64

struct values {
    bool flag;
    const char *text;
    uint64_t number, roe;
    struct option_list list;
};

#define VALUE(member) offsetof(struct values, member)

static const struct option options[] = {
    {"flag", 'f', OPTION_FLAG, VALUE(flag), NULL, "a flag", 0, 0},
    {"text", 't', OPTION_TEXT, VALUE(text), "TEXT", "a text", 0, 0},
    {"number", 'n', OPTION_NUMBER, VALUE(number), "N", "a number", 3, 70000},
    {"roe", 0, OPTION_ROE, VALUE(roe), "KOII", "an amount", 0, 0},
    {"list", 'l', OPTION_LIST, VALUE(list), "ITEM", "again", 0, 0},
    {0},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Without zeros in front: what is read is what is written. */
static void check_number(const char *word)
{
    char again[24];
    uint64_t value;

    if (options_number(word, &value) < 0)
        return;
    word += strspn(word, "0");
    snprintf(again, sizeof(again), "%" PRIu64, value);
    CHECK(!strcmp(*word ? word : "0", again));
}

static void check_roe(const char *word)
{
    struct buffer text = {0};
    uint64_t roe, again;

    if (options_roe(word, &roe) < 0)
        return;
    options_roe_text(roe, &text);
    CHECK(!options_roe(buffer_string(&text), &again) && again == roe);
    buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct values values = {0};
    const struct option_set set = {options, &values};
    char *words[WORDS_MAX] = {(char[]){"pond"}};
    const char *arguments[WORDS_MAX];
    char *room = malloc(size + 1);
    size_t argument_count;
    int count = 1;

    CHECK(room);
    if (size)
        memcpy(room, data, size);
    room[size] = 0;
    for (size_t at = 0; at < size && count < WORDS_MAX;
         at += strlen(room + at) + 1) {
        words[count++] = room + at;
        check_number(room + at);
        check_roe(room + at);
    }
    if (!options_parse(&set, 1, count, words, arguments, &argument_count)) {
        CHECK(argument_count < (size_t)count);
        CHECK(!values.number || (values.number >= 3 && values.number <= 70000));
        CHECK(values.list.count <= OPTION_LIST_MAX);
    }
    free(room);
    return 0;
}

/*
 * The rules of the first run that need no state.
 */
#include "node/page/setup.h"

#include "base/check.h"
#include "base/error.h"
#include "base/json.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Of 24 words as JSON. */
#define WORDS_TEXT_MAX 1024

static const char *const names[] = {"done", "1", "2", "3", "4",     "5",
                                    "6",    "7", "8", "9", "locked"};

const char *setup_step_name(enum setup_step step)
{
    CHECK(step < sizeof(names) / sizeof(*names));
    return names[step];
}

int setup_step_parse(const char *name, enum setup_step *out)
{
    for (unsigned i = SETUP_DONE; i <= SETUP_WORKS; i++)
        if (!strcmp(name, names[i])) {
            *out = (enum setup_step)i;
            return 0;
        }
    return err_set(ERR_INVALID, "a step is 1 to 9, or done");
}

/* Bytes of the character that begins with this one; 0: none does (RFC 3629,
 * shortest forms and surrogates not looked at: it is a secret, and no text to
 * be shown). */
static size_t length_of(uint8_t first)
{
    return first < 0x80                    ? 1
           : first >= 0xc2 && first < 0xe0 ? 2
           : first >= 0xe0 && first < 0xf0 ? 3
           : first >= 0xf0 && first < 0xf5 ? 4
                                           : 0;
}

/* Characters; -1: not UTF-8, or a control character. */
static int count_characters(struct bytes text)
{
    int count = 0;

    for (size_t at = 0; at < text.size; count++) {
        size_t length = length_of(text.data[at]);

        if (!length || length > text.size - at || text.data[at] < 0x20 ||
            text.data[at] == 0x7f)
            return -1;
        for (size_t i = 1; i < length; i++)
            if ((text.data[at + i] & 0xc0) != 0x80)
                return -1;
        at += length;
    }
    return count;
}

int setup_check_passphrase(struct bytes passphrase)
{
    if (passphrase.size > SETUP_PASSPHRASE_MAX)
        return err_set(ERR_INVALID, "a passphrase has at most %d bytes",
                       SETUP_PASSPHRASE_MAX);
    int count = count_characters(passphrase);
    if (count < 0)
        return err_set(ERR_INVALID, "a passphrase is one line of text");
    if (count < SETUP_PASSPHRASE_MIN)
        return err_set(ERR_INVALID, "a passphrase has at least %d characters",
                       SETUP_PASSPHRASE_MIN);
    return 0;
}

/* Each of the places has the same chance: the phrase is cut into as many parts,
 * and one is drawn of each. 256 is not a multiple of a part's size, but nothing
 * hangs on that. */
void setup_draw_places(const uint8_t random[SETUP_PLACES], unsigned words,
                       unsigned out[SETUP_PLACES])
{
    unsigned part = words / SETUP_PLACES;

    CHECK(part);
    for (unsigned i = 0; i < SETUP_PLACES; i++)
        out[i] = i * part + random[i] % part + 1;
}

bool setup_word_is(const char *phrase, unsigned place, struct bytes word)
{
    while (word.size && isspace(*word.data))
        word = bytes_make(word.data + 1, word.size - 1);
    while (word.size && isspace(word.data[word.size - 1]))
        word.size--;
    for (; place > 1 && *phrase; place--) {
        phrase += strcspn(phrase, " ");
        phrase += *phrase == ' ';
    }
    size_t size = strcspn(phrase, " ");
    return size && size == word.size &&
           !strncasecmp(phrase, (const char *)word.data, size);
}

void setup_write_words(const char *words, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);
    char word[16]; /* the longest has 8 letters */

    buffer_reserve(out, WORDS_TEXT_MAX); /* so that it does not move */
    json_open_object(&writer);
    json_name(&writer, "words");
    json_open_array(&writer);
    while (*words) {
        size_t size = strcspn(words, " ");

        snprintf(word, sizeof(word), "%.*s", (int)size, words);
        json_write_text(&writer, word);
        words += size;
        words += *words == ' ';
    }
    sodium_memzero(word, sizeof(word));
    json_close_array(&writer);
    json_close_object(&writer);
}

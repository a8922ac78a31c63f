#include "node/task/log_hide.h"

#include "base/base58.h"
#include "base/json.h"
#include "crypto/key.h"

#include <ctype.h>
#include <string.h>

#define SECRET_SIZE 64
/* Base58 of 64 bytes that are not mostly zeros. */
#define BASE58_MIN 86
#define BASE58_MAX 88

#define HIDDEN "[hidden]"

void log_hide_free(struct log_hide *hide)
{
    for (size_t i = 0; i < hide->count; i++) {
        explicit_bzero(hide->values[i].data, hide->values[i].capacity);
        buffer_free(&hide->values[i]);
    }
    hide->count = 0;
}

void log_hide_values(struct log_hide *hide, const char *variables)
{
    struct json_object *tree;

    log_hide_free(hide);
    if (json_parse(bytes_text(variables), &tree))
        return;
    json_object_object_foreach(tree, name, value)
    {
        size_t size = (size_t)json_object_get_string_len(value);

        (void)name;
        if (json_object_is_type(value, json_type_string) &&
            size >= LOG_HIDE_SIZE_MIN && hide->count < LOG_HIDE_VALUES_MAX)
            buffer_append(&hide->values[hide->count++],
                          json_object_get_string(value), size);
    }
    json_object_put(tree);
}

/* Sets no error text, because lines are written while an error is on its way.
 */
static bool is_secret_key(const uint8_t bytes[SECRET_SIZE])
{
    struct keypair pair;

    keypair_from_seed(bytes, &pair);
    bool is_one = !memcmp(pair.pubkey.bytes, bytes + SECRET_SIZE / 2,
                          sizeof(pair.pubkey.bytes));
    keypair_wipe(&pair);
    return is_one;
}

/* "[1,2, … 64]" at the text's beginning: its length, or 0. */
static size_t key_array(struct bytes text)
{
    uint8_t key[SECRET_SIZE];
    size_t at = 1;

    for (size_t count = 0; count < SECRET_SIZE; count++) {
        unsigned value = 0, digits = 0;

        while (at < text.size && isspace(text.data[at]))
            at++;
        for (; at < text.size && isdigit(text.data[at]) && digits < 3; at++) {
            value = value * 10 + (unsigned)(text.data[at] - '0');
            digits++;
        }
        while (at < text.size && isspace(text.data[at]))
            at++;
        if (!digits || value > 255 || at >= text.size ||
            text.data[at] != (count + 1 < SECRET_SIZE ? ',' : ']'))
            return 0;
        key[count] = (uint8_t)value;
        at++;
    }
    bool is_one = is_secret_key(key);
    explicit_bzero(key, sizeof(key));
    return is_one ? at : 0;
}

static size_t alphanumeric(struct bytes text)
{
    size_t size = 0;

    while (size < text.size && isalnum(text.data[size]))
        size++;
    return size;
}

/* A word of base58 that is a secret key. What is no base58 at all is told
 * apart first, because the decoder would set an error text for it. */
static bool is_key_word(struct bytes word)
{
    struct buffer key = {0};

    if (word.size < BASE58_MIN || word.size > BASE58_MAX)
        return false;
    for (size_t i = 0; i < word.size; i++)
        if (strchr("0OIl", word.data[i]))
            return false;
    /* Room at once: what moves leaves a copy behind. */
    buffer_reserve(&key, BASE58_MAX);
    bool is_one = !base58_decode(word, &key) && key.size == SECRET_SIZE &&
                  is_secret_key(key.data);
    buffer_wipe(&key);
    return is_one;
}

/* The length of the secret at the text's beginning; 0 if there is none. The
 * longest of the values counts: one may begin with another. */
static size_t value_here(const struct log_hide *hide, struct bytes text)
{
    size_t longest = 0;

    for (size_t i = 0; i < hide->count; i++) {
        size_t size = hide->values[i].size;

        if (size > longest && size <= text.size &&
            !memcmp(hide->values[i].data, text.data, size))
            longest = size;
    }
    return longest;
}

void log_hide_write(const struct log_hide *hide, struct bytes text,
                    struct buffer *out)
{
    bool is_in_word = false;

    while (text.size) {
        size_t size = value_here(hide, text), word = 0;

        if (!size && *text.data == '[')
            size = key_array(text);
        if (!size && !is_in_word && (word = alphanumeric(text)) &&
            is_key_word(bytes_make(text.data, word)))
            size = word;
        if (size)
            buffer_text(out, HIDDEN);
        else
            buffer_u8(out, *text.data);
        is_in_word = isalnum(text.data[size ? size - 1 : 0]);
        text = bytes_make(text.data + (size ? size : 1),
                          text.size - (size ? size : 1));
    }
}

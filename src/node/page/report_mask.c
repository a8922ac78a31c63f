/*
 * Passes over the text, one after the other, each of which finds one sort of
 * thing. Values come first, because a URL's secret may be one of them and has
 * another form afterwards; phrases before lines are split.
 */
#include "node/page/report_mask.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/redact.h"
#include "crypto/mnemonic.h"
#include "node/task/log_hide.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct report_mask {
    struct buffer *values; /* the longest first */
    size_t count;
    char *home; /* "" : none */
};

/* ---- what is known ---- */

static void add_value(struct report_mask *mask, struct bytes value)
{
    if (value.size < REPORT_VALUE_MIN)
        return;
    mask->values =
        mem_resize(mask->values, (mask->count + 1) * sizeof(*mask->values));
    mask->values[mask->count] = (struct buffer){0};
    buffer_bytes(&mask->values[mask->count++], value);
}

/* As it stands in a log, and as a JSON text has it, without the quotes. */
static void add_forms(struct report_mask *mask, const char *value)
{
    struct buffer quoted = {0};
    struct json_writer writer = json_writer_make(&quoted);

    add_value(mask, bytes_text(value));
    json_write_text(&writer, value);
    struct bytes inner = {quoted.data + 1, quoted.size - 2};
    if (inner.size != strlen(value))
        add_value(mask, inner);
    buffer_wipe(&quoted);
}

static int by_size(const void *left, const void *right)
{
    const struct buffer *a = left, *b = right;

    return a->size < b->size ? 1 : a->size > b->size ? -1 : 0;
}

struct report_mask *report_mask_new(const char *values, const char *home)
{
    struct report_mask *mask = mem_zero(1, sizeof(*mask));
    struct json_object *tree = NULL;

    /* "/" would be in everything. */
    mask->home = mem_text(home && strlen(home) > 1 ? home : "");
    if (values && !json_parse(bytes_text(values), &tree) &&
        json_object_is_type(tree, json_type_object)) {
        json_object_object_foreach(tree, name, value)
        {
            (void)name;
            if (json_object_is_type(value, json_type_string))
                add_forms(mask, json_object_get_string(value));
        }
        if (mask->count)
            qsort(mask->values, mask->count, sizeof(*mask->values), by_size);
    }
    json_object_put(tree);
    err_clear();
    return mask;
}

void report_mask_free(struct report_mask *mask)
{
    if (!mask)
        return;
    for (size_t i = 0; i < mask->count; i++)
        buffer_wipe(&mask->values[i]);
    free(mask->values);
    free(mask->home);
    free(mask);
}

/* ---- values ---- */

static void replace(struct bytes text, struct bytes wanted, const char *by,
                    struct buffer *out)
{
    const uint8_t *found;

    while (text.size &&
           (found = memmem(text.data, text.size, wanted.data, wanted.size))) {
        size_t before = (size_t)(found - text.data);

        buffer_append(out, text.data, before);
        buffer_text(out, by);
        text.data += before + wanted.size;
        text.size -= before + wanted.size;
    }
    buffer_bytes(out, text);
}

/* ---- phrases ---- */

#define PHRASE_WORDS_MIN 12
#define PHRASE_WORDS_MAX 24
#define WORD_SIZE_MAX 8
#define WORD_SIZE_MIN 3
/* Between two words: a space, or a quote, a comma and a quote. */
#define GAP_MAX 4

struct word {
    size_t at, end;
};

/* The next run of words with small gaps, up to as many as the longest phrase
 * has, from *at on; *at is moved behind its first word. */
static size_t words_from(struct bytes text, size_t at,
                         struct word words[PHRASE_WORDS_MAX])
{
    size_t count = 0;

    while (count < PHRASE_WORDS_MAX && at < text.size) {
        size_t end = at;

        while (end < text.size && isalpha(text.data[end]))
            end++;
        if (end - at < WORD_SIZE_MIN || end - at > WORD_SIZE_MAX)
            break;
        words[count++] = (struct word){at, end};
        at = end;
        while (at < text.size && at - end < GAP_MAX && !isalpha(text.data[at]))
            at++;
    }
    return count;
}

/* The checksum tells a phrase from other words: a sixteenth of twelve words of
 * the list, and none that are not all of it. */
static bool is_phrase(struct bytes text, const struct word *words, size_t count)
{
    struct buffer typed = {0};
    char normal[MNEMONIC_SIZE];

    for (size_t i = 0; i < count; i++) {
        buffer_append(&typed, text.data + words[i].at,
                      words[i].end - words[i].at);
        buffer_text(&typed, " ");
    }
    bool is = !mnemonic_normalise(buffer_view(&typed), normal);
    err_clear();
    explicit_bzero(normal, sizeof(normal));
    buffer_wipe(&typed);
    return is;
}

/* The longest phrase that begins at a word: its end, or 0. */
static size_t phrase_end(struct bytes text, size_t at)
{
    struct word words[PHRASE_WORDS_MAX];
    size_t count = words_from(text, at, words);

    for (count -= count % 3; count >= PHRASE_WORDS_MIN; count -= 3)
        if (is_phrase(text, words, count))
            return words[count - 1].end;
    return 0;
}

/* A word before or behind a phrase may make another one of it by chance, so all
 * that overlap are hidden. */
static void hide_phrases(struct bytes text, struct buffer *out)
{
    size_t written = 0, until = 0;

    for (size_t at = 0; at < text.size; at++) {
        bool begins =
            isalpha(text.data[at]) && (!at || !isalpha(text.data[at - 1]));
        size_t end = begins ? phrase_end(text, at) : 0;

        if (!end)
            continue;
        if (at >= until) {
            buffer_append(out, text.data + written, at - written);
            buffer_text(out, REPORT_HIDDEN);
        }
        if (end > until)
            written = until = end;
    }
    buffer_append(out, text.data + written, text.size - written);
}

/* ---- addresses ---- */

#define HOST_SIZE_MAX 256

static bool is_own(const char *host)
{
    struct in_addr four;
    struct in6_addr six;

    if (!strcasecmp(host, "localhost"))
        return true;
    if (inet_pton(AF_INET, host, &four) == 1)
        return (ntohl(four.s_addr) >> 24) == 127 || !four.s_addr;
    return inet_pton(AF_INET6, host, &six) == 1 &&
           (IN6_IS_ADDR_LOOPBACK(&six) || IN6_IS_ADDR_UNSPECIFIED(&six));
}

static bool is_numeric(const char *host)
{
    uint8_t bytes[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, bytes) == 1 ||
           inet_pton(AF_INET6, host, bytes) == 1;
}

/* "node.example.org", and not "task.js", which stands before a line's number,
 * too. */
static bool is_name(const char *host)
{
    static const char *const files[] = {"js", "mjs", "cjs",  "ts", "c",
                                        "h",  "yml", "json", "log"};
    const char *last = strrchr(host, '.');

    if (!last || last == host || !isalpha((unsigned char)last[1]))
        return false;
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        if (!strcasecmp(last + 1, files[i]))
            return false;
    return true;
}

static bool in_host(uint8_t byte)
{
    return isalnum(byte) || (byte && strchr(".-_:%", byte));
}

/* What may name a host: "HOST", "HOST:PORT", "[HOST]". */
struct token {
    size_t end;         /* behind all of it */
    size_t from, until; /* what a host's name is written as */
    struct bytes host;  /* the name itself */
    bool has_port;
};

static struct bytes between(struct bytes text, size_t from, size_t until)
{
    return (struct bytes){text.data + from, until - from};
}

static struct token bracketed_at(struct bytes text, size_t at)
{
    size_t end = at + 1;

    while (end < text.size && in_host(text.data[end]))
        end++;
    struct token token = {.from = at, .host = between(text, at + 1, end)};

    if (end < text.size && text.data[end] == ']')
        end++;
    token.end = token.until = end;
    return token;
}

static struct token token_at(struct bytes text, size_t at)
{
    size_t end = at;

    while (end < text.size && in_host(text.data[end]))
        end++;
    size_t behind = end;
    /* A sentence may end behind it. */
    while (end > at && strchr(".:-", text.data[end - 1]))
        end--;
    struct token token = {.from = at, .until = end, .end = behind};
    struct bytes whole = between(text, at, end);
    const uint8_t *colon =
        whole.size ? memchr(whole.data, ':', whole.size) : NULL;

    if (colon && colon == memrchr(whole.data, ':', whole.size) &&
        isdigit(colon[1])) {
        token.until = (size_t)(colon - text.data);
        token.has_port = true;
    }
    token.host = between(text, at, token.until);
    return token;
}

/* is_authority: it stands where a URL has its host. */
static bool is_address(const struct token *token, bool is_authority)
{
    char host[HOST_SIZE_MAX];

    if (!token->host.size || token->host.size >= sizeof(host))
        return is_authority && token->host.size;
    memcpy(host, token->host.data, token->host.size);
    host[token->host.size] = 0;
    if (is_own(host))
        return false;
    return is_authority || is_numeric(host) ||
           (token->has_port && is_name(host));
}

static bool stands_before(struct bytes text, size_t at, const char *words)
{
    size_t size = strlen(words);

    return at >= size && !memcmp(text.data + at - size, words, size);
}

static bool stands_at(struct bytes text, size_t at, const char *words)
{
    size_t size = strlen(words);

    return text.size - at >= size && !memcmp(text.data + at, words, size);
}

static void hide_addresses(struct bytes text, struct buffer *out)
{
    size_t at = 0, written = 0;

    while (at < text.size) {
        bool is_authority = stands_before(text, at, "://") ||
                            stands_before(text, at, REPORT_HIDDEN "@");
        bool is_bracket = text.data[at] == '[';

        if (stands_at(text, at, REPORT_HIDDEN)) {
            at += strlen(REPORT_HIDDEN);
            continue;
        }
        if (!is_bracket && !in_host(text.data[at])) {
            at++;
            continue;
        }
        struct token token =
            is_bracket ? bracketed_at(text, at) : token_at(text, at);

        if (is_address(&token, is_authority)) {
            buffer_append(out, text.data + written, token.from - written);
            buffer_text(out, REPORT_ADDRESS);
            written = token.until;
        }
        at = is_bracket && written != token.until ? at + 1 : token.end;
    }
    buffer_append(out, text.data + written, text.size - written);
}

/* ---- URLs ---- */

#define PIECE_SIZE_MAX (REDACT_SIZE_MAX / 2)

/* No URL has it. */
static bool parts_urls(uint8_t byte)
{
    return byte <= ' ' || strchr("\"'<>`\\{}|^", byte);
}

/* Up to the last byte that parts URLs, of as many as fit; 0: there is none. */
static size_t piece_of(struct bytes text)
{
    size_t size = text.size;

    if (size <= PIECE_SIZE_MAX)
        return size;
    size = PIECE_SIZE_MAX;
    while (size && !parts_urls(text.data[size - 1]))
        size--;
    return size;
}

/* What is longer than a piece and has nothing that parts URLs may be one, and
 * is nothing to read. */
static void hide_secrets_in_urls(struct bytes text, struct buffer *out)
{
    char redacted[REDACT_SIZE_MAX];

    while (text.size) {
        size_t size = piece_of(text);

        if (size) {
            size_t length =
                redact_urls((const char *)text.data, size, REDACT_PATHS,
                            redacted, sizeof(redacted));

            buffer_append(out, redacted, length);
        } else {
            while (size < text.size && !parts_urls(text.data[size]))
                size++;
            buffer_text(out, REPORT_HIDDEN);
        }
        text.data += size;
        text.size -= size;
    }
}

/* ---- all of it ---- */

static void take(struct buffer *text, struct buffer *next)
{
    buffer_wipe(text);
    *text = *next;
    *next = (struct buffer){0};
}

void report_mask_write(const struct report_mask *mask, struct bytes text,
                       struct buffer *out)
{
    static const struct log_hide none;
    struct buffer now = {0}, next = {0};

    buffer_bytes(&now, text);
    for (size_t i = 0; i < mask->count; i++) {
        replace(buffer_view(&now), buffer_view(&mask->values[i]), REPORT_HIDDEN,
                &next);
        take(&now, &next);
    }
    log_hide_write(&none, buffer_view(&now), &next);
    take(&now, &next);
    hide_phrases(buffer_view(&now), &next);
    take(&now, &next);
    hide_secrets_in_urls(buffer_view(&now), &next);
    take(&now, &next);
    hide_addresses(buffer_view(&now), &next);
    take(&now, &next);
    if (*mask->home) {
        replace(buffer_view(&now), bytes_text(mask->home), "~", &next);
        take(&now, &next);
    }
    buffer_bytes(out, buffer_view(&now));
    buffer_wipe(&now);
}

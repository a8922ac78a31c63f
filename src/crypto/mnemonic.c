/*
 * A sentence is entropy and its checksum cut into groups of 11 bits, each of
 * which numbers a word:
 *
 *     words      12   15   18   21   24
 *     entropy   128  160  192  224  256 bits
 *     checksum    4    5    6    7    8 bits, the first of SHA-256(entropy)
 *
 * The seed is made of the sentence's text and not of its entropy, so a
 * sentence has to be in normal form before it is used, and is checked there:
 * BIP-39 would take any text, and a mistyped word would silently open an empty
 * wallet.
 *
 * The words are looked up in one list, the English one: those of BIP-39 in
 * other languages have letters that need Unicode's normal forms.
 *
 * Whatever of a sentence lies on the stack here (entropy, bits, word numbers)
 * is wiped on every way out. Words are read straight from the caller's bytes,
 * which the caller wipes.
 */
#include "crypto/mnemonic.h"

#include "base/check.h"
#include "base/error.h"
#include "crypto/hash.h"
#include "crypto/mnemonic_words.h"
#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>

/* OpenSSL names a type as base/error.h does one of its codes. */
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/evp.h>
#undef ERR_STATE

/* The bits of a word's number (the list has 2,048 words), the most words of a
 * sentence, and the bytes of entropy in those. */
#define WORD_BITS 11
#define WORDS_MAX 24
#define ENTROPY_MAX 32
#define ROUNDS 2048 /* BIP-39, "From mnemonic to seed" */

/* BIP-39: three words carry 32 bits of entropy and one of checksum. */
static bool word_count_is_valid(unsigned words)
{
    return words >= 12 && words <= WORDS_MAX && words % 3 == 0;
}

/* In bytes, of a valid number of words: three words are 33 bits, of which 32
 * are entropy. */
static size_t entropy_size(unsigned words)
{
    return words / 3 * 4;
}

/* Entropy followed by its checksum byte, of which only the first bits count.
 * There are never more than eight of them (24 words), so one byte is enough. */
static void entropy_with_checksum(struct bytes entropy,
                                  uint8_t out[ENTROPY_MAX + 1])
{
    struct hash hash;
    hash_sha256(entropy, &hash);
    memcpy(out, entropy.data, entropy.size);
    out[entropy.size] = hash.bytes[0];
}

/* The 11 bits of word number place, most significant first. Single bits are
 * fast enough: 24 words take 264 steps, and PBKDF2 takes two thousand hashes.
 */
static unsigned word_index(const uint8_t *bits, unsigned place)
{
    unsigned index = 0;
    for (unsigned bit = place * WORD_BITS; bit < (place + 1) * WORD_BITS; bit++)
        index = index << 1 | (bits[bit / 8] >> (7 - bit % 8) & 1);
    return index;
}

/* Longest sentence: 24 words of 8 letters, 23 blanks and the NUL are
 * MNEMONIC_SIZE. */
static void write_sentence(struct bytes entropy, char out[MNEMONIC_SIZE])
{
    uint8_t bits[ENTROPY_MAX + 1];
    unsigned words = (unsigned)entropy.size * 3 / 4;
    size_t length = 0;
    CHECK(entropy.size % 4 == 0 && word_count_is_valid(words));
    entropy_with_checksum(entropy, bits);
    for (unsigned place = 0; place < words; place++) {
        const char *word = mnemonic_words[word_index(bits, place)];
        size_t size = strlen(word);
        if (place)
            out[length++] = ' ';
        CHECK(length + size < MNEMONIC_SIZE);
        memcpy(out + length, word, size);
        length += size;
    }
    out[length] = 0;
    sodium_memzero(bits, sizeof(bits));
}

/* The whole array is drawn, and as much of it used as the words need. */
void mnemonic_generate(unsigned words, char out[MNEMONIC_SIZE])
{
    uint8_t entropy[ENTROPY_MAX];
    CHECK(word_count_is_valid(words));
    randombytes_buf(entropy, sizeof(entropy));
    write_sentence(bytes_make(entropy, entropy_size(words)), out);
    sodium_memzero(entropy, sizeof(entropy));
}

/* Of bytes, as the list is sorted; bsearch() gives the key first, both as text.
 */
static int compare_words(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Cut the next word out of *typed, in lower case. False at the end. A word
 * longer than any in the list is cut at nine letters, one more than the longest
 * has: it is found nowhere, and its end does not become a word. */
static bool next_word(struct bytes *typed, char word[MNEMONIC_WORD_SIZE + 1])
{
    size_t at = 0, size = 0;
    while (at < typed->size && isspace(typed->data[at]))
        at++;
    for (; at < typed->size && !isspace(typed->data[at]); at++)
        if (size < MNEMONIC_WORD_SIZE) /* one too long is in no list either */
            word[size++] = (char)tolower(typed->data[at]);
    word[size] = 0;
    *typed = bytes_make(typed->data + at, typed->size - at);
    return size > 0;
}

/* The words' numbers, their count in *count. Words beyond the 24th are an error
 * at once, because there is no room for them. The error counts from 1, as
 * people do. */
static int look_up(struct bytes typed, unsigned indices[WORDS_MAX],
                   unsigned *count)
{
    char word[MNEMONIC_WORD_SIZE + 1];
    int status = 0;
    for (*count = 0; next_word(&typed, word); ++*count) {
        if (*count == WORDS_MAX) {
            status = err_set(ERR_INVALID, "the mnemonic has more than %d words",
                             WORDS_MAX);
            break;
        }
        const char(*found)[MNEMONIC_WORD_SIZE] =
            bsearch(word, mnemonic_words, MNEMONIC_WORDS, MNEMONIC_WORD_SIZE,
                    compare_words);
        if (!found) {
            status =
                err_set(ERR_INVALID,
                        "word %u of the mnemonic is not in BIP-39's English "
                        "list",
                        *count + 1);
            break;
        }
        indices[*count] = (unsigned)(found - mnemonic_words);
    }
    sodium_memzero(word, sizeof(word));
    return status;
}

/* Words to bits, then compare with what the entropy says its checksum is. The
 * sentence is written anew from the entropy, so that one form goes out. Order:
 * a word that is not in the list is reported before their number, and that
 * before the checksum, since each of them is likely to cause the next. A
 * checksum lets one wrong sentence in 16 pass with 12 words, and one in 256
 * with 24. */
int mnemonic_normalise(struct bytes typed, char out[MNEMONIC_SIZE])
{
    unsigned indices[WORDS_MAX];
    unsigned count;
    uint8_t bits[ENTROPY_MAX + 1] = {0};
    uint8_t expected[ENTROPY_MAX + 1];
    int status = look_up(typed, indices, &count);
    if (status)
        goto out;
    if (!word_count_is_valid(count)) {
        status =
            err_set(ERR_INVALID,
                    "a mnemonic has 12, 15, 18, 21 or 24 words, not %u", count);
        goto out;
    }
    for (unsigned bit = 0; bit < count * WORD_BITS; bit++) {
        unsigned index = indices[bit / WORD_BITS];
        if (index >> (WORD_BITS - 1 - bit % WORD_BITS) & 1)
            bits[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    }
    struct bytes entropy = bytes_make(bits, entropy_size(count));
    entropy_with_checksum(entropy, expected);
    /* Three words have one bit of checksum. The bits after it were never set.
     */
    uint8_t mask = (uint8_t)(0xff << (8 - count / 3));
    if ((bits[entropy.size] ^ expected[entropy.size]) & mask) {
        status =
            err_set(ERR_INVALID, "the checksum of the mnemonic is wrong: one "
                                 "of its words is not the one written down");
        goto out;
    }
    write_sentence(entropy, out);
out:
    sodium_memzero(indices, sizeof(indices));
    sodium_memzero(bits, sizeof(bits));
    sodium_memzero(expected, sizeof(expected));
    return status;
}

/* "mnemonic" and the passphrase are the salt: BIP-39, "From mnemonic to seed".
 * In BIP-39 a wrong passphrase is not an error but gives another wallet. PBKDF2
 * fails only if there is no memory. */
void mnemonic_seed(const char *mnemonic, const char *passphrase,
                   uint8_t out[MNEMONIC_SEED_SIZE])
{
    struct buffer salt = {0};
    /* All room is reserved at once, because a buffer that grows leaves a copy
     * of its contents in freed memory. */
    buffer_reserve(&salt, strlen("mnemonic") + strlen(passphrase));
    buffer_text(&salt, "mnemonic");
    buffer_text(&salt, passphrase);
    CHECK(PKCS5_PBKDF2_HMAC(mnemonic, (int)strlen(mnemonic), salt.data,
                            (int)salt.size, ROUNDS, EVP_sha512(),
                            MNEMONIC_SEED_SIZE, out) == 1);
    sodium_memzero(salt.data, salt.size);
    buffer_free(&salt);
}

/*
 * Building messages for clients, tests and tools. The order of keys is the one
 * Solana's own client makes, so that a transaction built here has the same
 * bytes.
 *
 * Only legacy messages are built: none of Pond's own transactions needs more
 * accounts than fit, and a lookup table would have to be made and kept first.
 *
 * Keys are found by loops: a transaction has BUILD_KEYS_MAX keys at most.
 */
#include "base/check.h"
#include "base/error.h"
#include "settlement/format/transaction.h"

/* More keys than this fit no transaction. */
#define BUILD_KEYS_MAX (TRANSACTION_SIZE_MAX / (int)sizeof(struct pubkey))

/* The keys of a message while they are collected, in order of first mention.
 * place[i] is the index in the message of keys[i], set by write_keys(): there
 * signers stand before others, and writable ones before read-only ones. */
struct key_list {
    struct account_meta keys[BUILD_KEYS_MAX];
    size_t count;
    uint8_t place[BUILD_KEYS_MAX]; /* in the message */
};

/* Add a key, or widen the rights of one that was mentioned before: a message
 * says a key's rights once, so a key has those of all its mentions. */
static int add_key(struct key_list *list, const struct pubkey *key, bool signer,
                   bool writable)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!pubkey_equal(&list->keys[i].key, key))
            continue;
        list->keys[i].signer |= signer;
        list->keys[i].writable |= writable;
        return 0;
    }
    if (list->count == BUILD_KEYS_MAX)
        return err_set(ERR_LIMIT, "more than %d keys", BUILD_KEYS_MAX);
    list->keys[list->count++] = (struct account_meta){*key, signer, writable};
    return 0;
}

/* The payer comes first, whatever the instructions say, and programs come last.
 * A program that is also an account keeps the rights of that mention. */
static int collect_keys(struct key_list *list, const struct pubkey *payer,
                        const struct instruction *instructions, size_t count)
{
    int status = add_key(list, payer, true, true);
    for (size_t i = 0; i < count && !status; i++)
        for (size_t k = 0; k < instructions[i].account_count && !status; k++) {
            const struct account_meta *meta = &instructions[i].accounts[k];
            status = add_key(list, &meta->key, meta->signer, meta->writable);
        }
    for (size_t i = 0; i < count && !status; i++)
        status = add_key(list, &instructions[i].program, false, false);
    return status;
}

/* Append the keys of one kind, in order of first mention; returns how many
 * there are and moves *place on by as many. */
static uint8_t write_kind(struct key_list *list, bool signer, bool writable,
                          uint8_t *place, struct buffer *message)
{
    uint8_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->keys[i].signer != signer ||
            list->keys[i].writable != writable)
            continue;
        list->place[i] = (*place)++;
        buffer_append(message, list->keys[i].key.bytes, 32);
        count++;
    }
    return count;
}

/* The header's three numbers are known only after the keys are in order, so
 * their places are filled in afterwards. */
static void write_keys(struct key_list *list, struct buffer *message)
{
    size_t header = message->size;
    uint8_t place = 0;
    buffer_append(message, "\0\0", 3);
    compact_u16_write(message, (uint16_t)list->count);
    uint8_t writable_signers = write_kind(list, true, true, &place, message);
    uint8_t signers = write_kind(list, true, false, &place, message);
    write_kind(list, false, true, &place, message);
    uint8_t others = write_kind(list, false, false, &place, message);
    CHECK(place == list->count && writable_signers);
    message->data[header] = (uint8_t)(writable_signers + signers);
    message->data[header + 1] = signers;
    message->data[header + 2] = others;
}

/* The index in the message of a key that collect_keys() added. */
static uint8_t key_place(const struct key_list *list, const struct pubkey *key)
{
    size_t i = 0;
    while (i < list->count && !pubkey_equal(&list->keys[i].key, key))
        i++;
    CHECK(i < list->count);
    return list->place[i];
}

/* Sizes fit a compact-u16: transaction_build() checked them. */
static void write_instruction(const struct key_list *list,
                              const struct instruction *instruction,
                              struct buffer *message)
{
    buffer_u8(message, key_place(list, &instruction->program));
    compact_u16_write(message, (uint16_t)instruction->account_count);
    for (size_t i = 0; i < instruction->account_count; i++)
        buffer_u8(message, key_place(list, &instruction->accounts[i].key));
    compact_u16_write(message, (uint16_t)instruction->data.size);
    buffer_bytes(message, instruction->data);
}

/* The size is measured with the signatures that are still to come: 64 bytes
 * each, and one for their count, which is below 128 in any packet. On failure
 * the message is as it was. */
int transaction_build(const struct pubkey *payer,
                      const struct instruction *instructions, size_t count,
                      const struct hash *recent_blockhash,
                      struct buffer *message)
{
    struct key_list list = {.count = 0};
    size_t before = message->size;
    for (size_t i = 0; i < count; i++)
        if (instructions[i].data.size > TRANSACTION_SIZE_MAX ||
            instructions[i].account_count > TRANSACTION_SIZE_MAX)
            return err_set(ERR_LIMIT, "instruction %zu is too large", i);
    int status = collect_keys(&list, payer, instructions, count);
    if (status)
        return status;
    write_keys(&list, message);
    size_t signers = message->data[before];
    buffer_append(message, recent_blockhash->bytes, 32);
    compact_u16_write(message, (uint16_t)count);
    for (size_t i = 0; i < count; i++)
        write_instruction(&list, &instructions[i], message);
    size_t size = message->size - before + signers * 64 + 1;
    if (size > TRANSACTION_SIZE_MAX) {
        message->size = before;
        return err_set(ERR_LIMIT,
                       "the transaction needs %zu bytes; the most is %d", size,
                       TRANSACTION_SIZE_MAX);
    }
    return 0;
}

/* The keypair of a key; NULL if it was not given. */
static const struct keypair *find_signer(const struct keypair *const *signers,
                                         size_t count, const struct pubkey *key)
{
    for (size_t i = 0; i < count; i++)
        if (pubkey_equal(&signers[i]->pubkey, key))
            return signers[i];
    return NULL;
}

/* The message is parsed first: nothing but a message gets a signature. On
 * failure wire is as it was. */
static int sign_message(struct bytes message,
                        const struct keypair *const *signers, size_t count,
                        struct buffer *wire)
{
    struct arena arena = {0};
    struct transaction transaction;
    size_t before = wire->size;
    int status = transaction_parse_message(message, &arena, &transaction);
    if (status)
        goto out;
    compact_u16_write(wire, transaction.required_signatures);
    for (size_t i = 0; i < transaction.required_signatures && !status; i++) {
        const struct pubkey *key = &transaction.keys[i];
        const struct keypair *signer = find_signer(signers, count, key);
        struct signature signature;
        if (!signer) {
            status = err_set(ERR_NOT_FOUND, "the signature of %s is missing",
                             PUBKEY_TEXT(key));
            break;
        }
        key_sign(signer, message, &signature);
        buffer_append(wire, signature.bytes, sizeof(signature.bytes));
    }
    if (status)
        wire->size = before;
    else
        buffer_bytes(wire, message);
out:
    arena_free(&arena);
    return status;
}

int transaction_make(const struct keypair *const *signers, size_t signer_count,
                     const struct instruction *instructions, size_t count,
                     const struct hash *recent_blockhash, struct buffer *wire)
{
    CHECK(signer_count >= 1 && recent_blockhash);
    struct buffer message = {0};
    int status = transaction_build(&signers[0]->pubkey, instructions, count,
                                   recent_blockhash, &message);
    if (!status)
        status =
            sign_message(buffer_view(&message), signers, signer_count, wire);
    buffer_free(&message);
    return status;
}

/*
 * A secret key under a passphrase, as a JSON file of Pond's own:
 *
 *     {"format":"pond-sealed-key","version":1,
 *      "address":"<base58>",
 *      "kdf":"argon2id13","operations":3,"memory_kib":262144,"salt":"<base64>",
 *      "cipher":"xchacha20-poly1305","nonce":"<base64>","sealed":"<base64>"}
 *
 * It is a box of sealed.h with its header spelt out: salt has 16 bytes, nonce
 * 24, sealed the 64 bytes of the secret key (struct keypair) and the tag of 16.
 * The tag covers the header: "PNDSEAL", the byte 1, operations and memory_kib
 * as u32le, salt, nonce. docs/node.md has it for other programs.
 *
 * The address can be read without the passphrase, so that a wallet can be shown
 * and paid without it. Opening checks that it is the key's own.
 *
 * Thread: any, after crypto_init(). Making and opening block (sealed.h).
 */
#ifndef POND_CRYPTO_SEALED_KEY_H
#define POND_CRYPTO_SEALED_KEY_H

#include "crypto/key.h"
#include "crypto/sealed.h"

/* No sealed key is longer; one that Pond writes has about 400 bytes. */
#define SEALED_KEY_TEXT_MAX 4096

/* Does the text claim to be a sealed key? It is an object of JSON then, which
 * no key file of another program is. */
bool sealed_key_is(struct bytes text);

/* Append the file's text. Errors of sealed_make(). */
int sealed_key_make(const struct keypair *keypair, struct seal *seal,
                    enum sealed_strength strength, struct buffer *out);

/* The address that the text names. ERR_INVALID: not such a file, and what is
 * wrong with it; ERR_UNSUPPORTED: of another version, kdf or cipher; ERR_LIMIT:
 * it asks for more work than sealed_open() does, or is too long. */
int sealed_key_address(struct bytes text, struct pubkey *out);

/* The key; the caller wipes *out, which is zeros after an error. The errors
 * above before any work is done, ERR_DENIED for a wrong passphrase or changed
 * bytes, and what else sealed_open() returns. */
int sealed_key_open(struct bytes text, struct seal *seal, struct keypair *out);

#endif

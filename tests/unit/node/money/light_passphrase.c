/*
 * Argon2id at its least, in programs that link this and try passphrases by the
 * dozen: what it costs otherwise is held by tests/unit/crypto. Boxes made here
 * open here alone.
 */
#include <sodium.h>

int __real_crypto_pwhash_argon2id(unsigned char *out, unsigned long long size,
                                  const char *passphrase,
                                  unsigned long long passphrase_size,
                                  const unsigned char *salt,
                                  unsigned long long operations, size_t memory,
                                  int algorithm);
int __wrap_crypto_pwhash_argon2id(unsigned char *out, unsigned long long size,
                                  const char *passphrase,
                                  unsigned long long passphrase_size,
                                  const unsigned char *salt,
                                  unsigned long long operations, size_t memory,
                                  int algorithm);

int __wrap_crypto_pwhash_argon2id(unsigned char *out, unsigned long long size,
                                  const char *passphrase,
                                  unsigned long long passphrase_size,
                                  const unsigned char *salt,
                                  unsigned long long operations, size_t memory,
                                  int algorithm)
{
    (void)operations;
    (void)memory;
    return __real_crypto_pwhash_argon2id(
        out, size, passphrase, passphrase_size, salt,
        crypto_pwhash_argon2id_OPSLIMIT_MIN,
        crypto_pwhash_argon2id_MEMLIMIT_MIN, algorithm);
}

#include "settlement/key_fixture.h"
#include "crypto/hash.h"

struct hash fixture_hash(uint64_t number)
{
    struct hash hash;
    hash_sha256(bytes_make(&number, sizeof(number)), &hash);
    return hash;
}

struct keypair fixture_key(uint64_t number)
{
    struct keypair key;
    struct hash seed = fixture_hash(number);
    keypair_from_seed(seed.bytes, &key);
    return key;
}

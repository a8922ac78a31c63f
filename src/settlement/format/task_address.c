/*
 * Addresses of the native task program that follow from no state.
 *
 * A native stake pot is not a key pair: its address was made to spell
 * "stakepotaccount", so that nobody can have found a secret key for it (that
 * would take more than 2^80 tries). It is a point of the curve all the same,
 * like those of Koii's CLI. The program can therefore adopt it without a
 * signature (invocation_adopt()).
 */
#include "settlement/format/task_address.h"
#include "base/check.h"
#include "base/error.h"
#include "crypto/address.h"
#include "settlement/format/well_known.h"

/* Given in bytes, so that they are constants; the test decodes the texts and
 * compares. */
const struct pubkey task_address_burn = {
    {0x02, 0xcb, 0x93, 0x40, 0xdc, 0xfe, 0xf7, 0x36, 0x52, 0x5a, 0xfc,
     0x30, 0xa1, 0xc0, 0x34, 0xe3, 0x86, 0xa3, 0xf1, 0x28, 0xcf, 0xe0,
     0x89, 0xa3, 0x47, 0x25, 0x9d, 0x40, 0x47, 0xdc, 0x11, 0xf7}};

/* The first 15 of the 43 or 44 characters, as Koii's create-task-cli writes
 * them over a random key's. */
#define STAKE_POT_BEGINNING "stakepotaccount"

struct pubkey task_address_managers_of(const struct pubkey *program)
{
    struct pubkey address;
    struct bytes seed = bytes_text("manager");
    CHECK(address_find(&seed, 1, program, &address, NULL) == 0);
    return address;
}

struct pubkey task_address_manager_list(void)
{
    return task_address_managers_of(&KOII_TASK_PROGRAM_ID);
}

/* Whether the address lies on the curve does not matter: nobody can sign for it
 * either way. */
bool task_address_is_stake_pot(const struct pubkey *pot)
{
    return bytes_begin_with(bytes_text(PUBKEY_TEXT(pot)),
                            bytes_text(STAKE_POT_BEGINNING));
}

/* The text is written over a fresh random key's because what follows the
 * beginning must be as random as a key: two tasks must not share a pot. */
void task_address_stake_pot_generate(struct pubkey *out)
{
    /* 44 characters that begin with "s" are more than 32 bytes; of 43, half
     * are a point of the curve. The loop ends after a handful of rounds. */
    for (;;) {
        struct keypair keypair;
        keypair_generate(&keypair);
        struct pubkey_text text = pubkey_text(&keypair.pubkey);
        keypair_wipe(&keypair);
        text.text[43] = 0;
        memcpy(text.text, STAKE_POT_BEGINNING, strlen(STAKE_POT_BEGINNING));
        if (base58_decode_exact(bytes_text(text.text), out->bytes, 32) == 0 &&
            pubkey_is_on_curve(out) && task_address_is_stake_pot(out))
            break;
    }
    err_clear();
}

/*
 * The word list of mnemonic.c, sorted.
 */
#ifndef POND_CRYPTO_MNEMONIC_WORDS_H
#define POND_CRYPTO_MNEMONIC_WORDS_H

#define MNEMONIC_WORDS 2048  /* 11 bits a word */
#define MNEMONIC_WORD_SIZE 9 /* longest word 8 letters, with the NUL */

extern const char mnemonic_words[MNEMONIC_WORDS][MNEMONIC_WORD_SIZE];

#endif

"""Simple sentences in nine languages besides English: sounds that English lacks, for lips that shall know them too."""

from __future__ import annotations

import numpy as np

# language: frames with {a} and {b} for two of the words, and those words
LANGUAGES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "de": (
        ("Wo ist {a}?", "Ich habe {a} und {b} gesehen.", "Meine Mutter möchte {a} kaufen, aber mein Bruder nimmt {b}.",
         "Guten Morgen, wie geht es Ihnen?", "Das ist ja wunderbar: {a}!",
         "Früher gab es hier {a}, heute nur noch {b}."),
        ("die Bühne", "der Bäcker", "ein Buch", "fünf Äpfel", "das Wetter", "die Brücke", "ein Vogel", "schöne Möbel",
         "der Apfelbaum", "die Uhr", "ein Pferd", "zwei Pfund Mehl"),
    ),
    "fr": (
        ("Où est {a}?", "Je voudrais {a} et {b}.", "Bonjour, comment allez-vous?", "Nous avons vu {a} devant {b}.",
         "Peut-être que {a} est plus beau que {b}.", "Mon père aime beaucoup {a}!"),
        ("le bateau", "la maison", "une pomme", "le beurre", "la rue", "un oeuf", "le fleuve", "la voiture",
         "une plume",
         "le vent", "deux oiseaux", "le bonheur"),
    ),
    "es": (
        ("¿Dónde está {a}?", "Quiero {a} y {b}.", "Buenos días, ¿cómo está usted?", "Mi hermano compró {a} para {b}.",
         "¡Qué bonito es {a}!", "Por la mañana vimos {a} cerca de {b}."),
        ("el pueblo", "la playa", "una manzana", "el mar", "la ventana", "un libro", "el barco", "la lluvia",
         "el perro",
         "mi abuela", "el queso", "una flor"),
    ),
    "it": (
        ("Dov'è {a}?", "Vorrei {a} e {b}, per favore.", "Buongiorno, come sta?", "Mia madre ha comprato {a} e {b}.",
         "Che bella cosa, {a}!", "Prima c'era {a}, adesso vediamo {b}."),
        ("la barca", "il mare", "una mela", "il ponte", "la finestra", "un libro", "l'ombrello", "la pioggia",
         "il cavallo",
         "gli amici", "il pane", "una piuma"),
    ),
    "pt": (
        ("Onde está {a}?", "Eu quero {a} e {b}.", "Bom dia, como vai você?", "Minha mãe comprou {a} para {b}.",
         "Que bonito é {a}!", "De manhã vimos {a} perto de {b}."),
        ("o barco", "a janela", "uma maçã", "o mar", "a ponte", "um livro", "o pão", "a chuva", "o cavalo", "meu irmão",
         "a família", "uma flor"),
    ),
    "nl": (
        ("Waar is {a}?", "Ik wil graag {a} en {b}.", "Goedemorgen, hoe gaat het met u?",
         "Mijn broer heeft {a} en {b} gekocht.",
         "Wat een mooi ding, {a}!", "Vroeger stond hier {a}, nu zien we {b}."),
        ("de boot", "het huis", "een appel", "de brug", "het water", "een boek", "de paraplu", "het paard", "de vogel",
         "mijn moeder", "de kaas", "een bloem"),
    ),
    "sv": (
        ("Var är {a}?", "Jag vill ha {a} och {b}.", "God morgon, hur mår du?", "Min mamma köpte {a} till {b}.",
         "Vad fint det är med {a}!", "Förr fanns {a} här, nu ser vi {b}."),
        ("båten", "huset", "ett äpple", "bron", "vattnet", "en bok", "paraplyet", "hästen", "fågeln", "min bror",
         "osten",
         "en blomma"),
    ),
    "pl": (
        ("Gdzie jest {a}?", "Poproszę {a} i {b}.", "Dzień dobry, jak się pan ma?", "Moja mama kupiła {a} i {b}.",
         "Jaki piękny jest {a}!", "Rano widzieliśmy {a} i {b}."),
        ("dom", "most", "jabłko", "okno", "chleb", "książka", "parasol", "koń", "ptak", "mój brat", "ser", "kwiat"),
    ),
    "tr": (
        ("{a} nerede?", "Ben {a} ve {b} istiyorum.", "Günaydın, nasılsınız?", "Annem {a} ve {b} aldı.",
         "Ne güzel bir {a}!",
         "Sabah {a} ile {b} gördük."),
        ("ev", "köprü", "elma", "pencere", "ekmek", "kitap", "şemsiye", "at", "kuş", "kardeşim", "peynir", "çiçek"),
    ),
}  # fmt: skip


def foreign(rng: np.random.Generator, language: str) -> str:
    """One to three sentences."""
    frames, words = LANGUAGES[language]
    said = []
    for _ in range(rng.integers(1, 4)):
        a, b = rng.choice(words, 2, replace=False)
        said.append(str(rng.choice(frames)).format(a=a, b=b))
    return " ".join(said)

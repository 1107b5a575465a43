"""Words by which a question asks, in four languages: that a text lacks them says nothing about whether it
answers.

Question words, auxiliary verbs and pronouns, folded as ``search_words.words`` folds them. "How much does a
copy cost?" is answered by what speaks of copies and costs.
"""

from casemate.search_words import EMPTY

ASKING = EMPTY | frozenset(
    word
    for words_of_a_language in (
        "how many much what when where which who whom whose why do does did done is are was were be been "
        "can could may might must shall should will would have has had there i me my we us our you your "
        "he she it its they them their this that these those any at as from if about s",
        "combien quel quelle quels quelles que qui quoi quand comment pourquoi est sont etait sera "
        "seront etre a ont avait aura avoir peut peuvent pouvoir doit doivent devoir faut fait faire font "
        "il elle ils elles on je me mon ma mes nous notre nos vous votre vos son sa ses leur leurs ce cet "
        "cette ces ci c s n m t y se aussi dans avec dont si ne",
        "wie viel viele wieviel was wann wo wer wem wen wessen welche welcher welches welchem welchen "
        "warum wieso ist sind war waren wird werden wurde sein hat haben hatte kann konnen darf durfen "
        "muss mussen soll sollen ich mir mich mein meine meinen meiner wir uns unser man es er sie ihr "
        "ihre sich dieser diese dieses gibt",
        "wei vill weivill wat wou wini wien wiem firwat ass sinn war waren gett ginn huet hunn kann "
        "kennen daerf derfen dierf muss mussen soll sollen ech mir mech mai meng mengen eis een eent "
        "hien hat si hir sech dest des dat welech weleche",
    )
    for word in words_of_a_language.split()
)

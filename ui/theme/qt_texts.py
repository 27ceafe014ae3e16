"""Qt's own texts in Indonesian: menus of text fields, standard buttons, the file chooser. Qt has no such translation.

One translator stays installed; it answers when the program speaks Indonesian, and leaves Qt's English otherwise. The
words stand here and not in the catalogue, because the source text is Qt's.
"""

from typing import Final

from PySide6.QtCore import QCoreApplication, QTranslator

from shelter import language

_TEXTS: Final = {
    # Menus of text fields
    "&Undo": "&Urungkan",
    "&Redo": "&Ulangi",
    "Cu&t": "Po&tong",
    "&Copy": "&Salin",
    "Copy &Link Location": "Salin alamat &tautan",
    "&Paste": "Tem&pel",
    "Delete": "Hapus",
    "Select All": "Pilih semua",
    "&Select All": "Pilih &semua",
    "Clear": "Kosongkan",
    "Insert Unicode control character": "Sisipkan karakter kendali Unicode",
    # Standard buttons
    "OK": "Baik",
    "&OK": "&Baik",
    "Save": "Simpan",
    "&Save": "&Simpan",
    "Save All": "Simpan semua",
    "Open": "Buka",
    "&Open": "&Buka",
    "&Yes": "&Ya",
    "Yes to &All": "Ya untuk semu&a",
    "&No": "&Tidak",
    "N&o to All": "Tid&ak untuk semua",
    "Abort": "Hentikan",
    "Retry": "Coba lagi",
    "Ignore": "Abaikan",
    "Close": "Tutup",
    "&Close": "&Tutup",
    "Close without Saving": "Tutup tanpa menyimpan",
    "Don't Save": "Jangan simpan",
    "Cancel": "Batal",
    "&Cancel": "&Batal",
    "Discard": "Buang",
    "Help": "Bantuan",
    "Apply": "Terapkan",
    "Reset": "Atur ulang",
    "Restore Defaults": "Kembalikan bawaan",
    "Show Details...": "Tampilkan rincian...",
    "Hide Details...": "Sembunyikan rincian...",
    # The file chooser
    "Look in:": "Cari di:",
    "File &name:": "&Nama berkas:",
    "Files of type:": "Jenis berkas:",
    "Directory:": "Folder:",
    "&Choose": "&Pilih",
    "&Delete": "&Hapus",
    "&Rename": "&Ganti nama",
    "&New Folder": "Folder &baru",
    "New Folder": "Folder baru",
    "Create New Folder": "Buat folder baru",
    "Create a New Folder": "Buat folder baru",
    "Show &hidden files": "Tampilkan berkas tersembun&yi",
    "Back": "Kembali",
    "Go back": "Kembali",
    "Forward": "Maju",
    "Go forward": "Maju",
    "Parent Directory": "Folder induk",
    "Go to the parent directory": "Ke folder induk",
    "List View": "Daftar",
    "Change to list view mode": "Tampilkan sebagai daftar",
    "Detail View": "Rincian",
    "Change to detail view mode": "Tampilkan dengan rincian",
    "All Files (*)": "Semua berkas (*)",
    "All files (*)": "Semua berkas (*)",
    "Directories": "Folder",
    "Find Directory": "Cari folder",
    "Save As": "Simpan sebagai",
    "My Computer": "Komputer ini",
    "Computer": "Komputer",
    "Drive": "Penggerak",
    "File": "Berkas",
    "Folder": "Folder",
    "Name": "Nama",
    "Size": "Ukuran",
    "Kind": "Jenis",
    "Type": "Jenis",
    "Date Modified": "Tanggal diubah",
    "%1 already exists.\nDo you want to replace it?": "%1 sudah ada.\nGantikan?",
    "%1\nFile not found.\nPlease verify the correct file name was given.": (
        "%1\nBerkas tidak ada.\nPeriksa nama berkasnya."
    ),
    "%1\nDirectory not found.\nPlease verify the correct directory name was given.": (
        "%1\nFolder tidak ada.\nPeriksa nama foldernya."
    ),
    # Scroll bars
    "Scroll here": "Gulir ke sini",
    "Top": "Paling atas",
    "Bottom": "Paling bawah",
    "Left edge": "Tepi kiri",
    "Right edge": "Tepi kanan",
    "Page up": "Halaman naik",
    "Page down": "Halaman turun",
    "Page left": "Halaman kiri",
    "Page right": "Halaman kanan",
    "Scroll up": "Gulir naik",
    "Scroll down": "Gulir turun",
    "Scroll left": "Gulir kiri",
    "Scroll right": "Gulir kanan",
}


class QtTexts(QTranslator):
    """Answers Qt when it asks for the words of its own widgets."""

    def isEmpty(self) -> bool:
        # Qt does not ask a translator that is empty.
        return False

    def translate(self, context: str, text: str, disambiguation: str | None = None, n: int = -1, /) -> str | None:
        # None, not "": an empty answer would count as the translation ("Ctrl+Z" became "Z").
        return _TEXTS.get(text) if language.current() == "id" else None


def install(app: QCoreApplication) -> QtTexts:
    """Let Qt speak the language of the program, from now until the application ends."""
    made = app.findChild(QtTexts) or QtTexts(app)
    app.installTranslator(made)
    return made

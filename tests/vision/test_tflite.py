import zipfile

import numpy as np

from visavis.vision import bundles, tflite


def test_every_coordinate_has_one_source_and_refined_ones_come_from_the_refined_outputs() -> None:
    sources = tflite._coordinate_sources().reshape(tflite.FACE_POINTS, 3)
    refined = [*tflite.LIP_POINTS, *tflite.RIGHT_EYE_POINTS, *tflite.LEFT_EYE_POINTS, *range(468, 478)]
    assert len(set(refined)) == len(refined)
    plain = np.setdiff1d(np.arange(478), refined)
    assert (sources[refined, :2] >= 468 * 3).all() and (sources[plain] < 468 * 3).all()
    assert (sources[:, 2] < 468 * 3).all()  # depth is the mesh's
    assert len(np.unique(sources[:, :2])) == 478 * 2


def test_the_bundled_model_gives_478_points_and_a_score(assembled: bundles.Bundles) -> None:
    with zipfile.ZipFile(assembled.face) as archive:
        graph = tflite._read(archive.read(bundles.FACE_MEMBERS[1])).subgraphs[0]
    assert [tflite._width(graph, output) for output in graph.outputs] == [478 * 3, 1]


def test_the_bundled_body_model_says_what_it_wants(assembled: bundles.Bundles) -> None:
    with zipfile.ZipFile(assembled.pose) as archive:
        model = archive.read("pose_landmarks_detector.tflite")
    tree = tflite._read(model)
    (entry,) = [entry for entry in tree.metadata if entry.name == b"TFLITE_METADATA"]
    note = bytes(tree.buffers[entry.buffer].data)
    read = tflite.metadata.ModelMetadataT.InitFromObj(tflite.metadata.ModelMetadata.GetRootAs(note, 0))
    (unit,) = read.subgraphMetadata[0].inputTensorMetadata[0].processUnits
    assert (unit.options.mean.tolist(), unit.options.std.tolist()) == ([0.0], [255.0])

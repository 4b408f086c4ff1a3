"""What things are made of: skin, wet eyes, hair. Needs `bpy` (see `__main__`)."""

from __future__ import annotations

import bpy

from visavis_models.train.gallery.figure import Figure
from visavis_models.train.gallery.studio import Nodes


def skin(figure: Figure) -> bpy.types.Material:
    look = figure.person.skin
    m = Nodes(
        "skin",
        Subsurface_Weight=1.0,
        Subsurface_Radius=(1.0, 0.34, 0.18),
        Subsurface_Scale=look.scale,
        Specular_IOR_Level=look.shine,
        Coat_Weight=0.06,
        Coat_Roughness=0.28,
    )
    place = m.add("ShaderNodeAttribute", attributes={"attribute_name": "place"}).outputs["Vector"]
    colour = m.add("ShaderNodeAttribute", attributes={"attribute_name": "albedo"}).outputs["Color"]
    lips = m.add("ShaderNodeAttribute", attributes={"attribute_name": "lips"}).outputs["Fac"]
    freckle = m.add("ShaderNodeAttribute", attributes={"attribute_name": "freckles"}).outputs["Fac"]
    shine = m.add("ShaderNodeAttribute", attributes={"attribute_name": "shine"}).outputs["Fac"]

    def noise(scale: float, detail: float = 3.0):
        return m.add("ShaderNodeTexNoise", {"Vector": place}, Scale=scale, Detail=detail).outputs["Fac"]

    def tinted(colour, amount, tint):
        mix = m.add("ShaderNodeMix", attributes={"data_type": "RGBA", "blend_type": "MULTIPLY"})
        m.tree.links.new(colour, mix.inputs[6])
        m.tree.links.new(amount, mix.inputs[0])
        mix.inputs[7].default_value = (*tint, 1)
        return mix.outputs[2]

    def ramp(value, low: float, high: float, to: float):
        node = m.add("ShaderNodeMapRange", {"Value": value}, From_Min=low, From_Max=high, To_Min=0.0, To_Max=to)
        return node.outputs["Result"]

    # mottling: slow reddish and fine pale variation
    colour = tinted(colour, ramp(noise(0.7, 2), 0.42, 0.68, 0.5), (1.0, 0.90, 0.88))
    colour = tinted(colour, ramp(noise(2.6, 4), 0.45, 0.75, 0.55), (0.93, 0.86, 0.84))
    colour = tinted(colour, ramp(noise(11, 3), 0.5, 0.8, 0.35), (0.90, 0.84, 0.80))
    # freckles: cells of two sizes, each as strong as chance has it
    for scale, size, tint in ((4.4, 0.125, (0.50, 0.31, 0.22)), (7.5, 0.075, (0.58, 0.39, 0.30))):
        cell = m.add("ShaderNodeTexVoronoi", {"Vector": place}, {"feature": "F1"}, Scale=scale, Randomness=1.0)
        chance = m.add("ShaderNodeSeparateColor", {"Color": cell.outputs["Color"]}).outputs[0]
        size_here = m.maths("MULTIPLY", m.maths("MULTIPLY", chance, freckle), size * scale * 1.1)
        spot = m.add(
            "ShaderNodeMapRange",
            {"Value": cell.outputs["Distance"], "From Max": size_here},
            {"interpolation_type": "SMOOTHSTEP"},
            From_Min=0.0,
            To_Min=1.0,
            To_Max=0.0,
        ).outputs["Result"]
        strength = m.maths("MULTIPLY", spot, m.maths("MULTIPLY", freckle, 1.3))
        strength = m.maths("MULTIPLY", strength, m.maths("GREATER_THAN", chance, 0.25))
        colour = tinted(colour, strength, tint)
    if look.lines:  # marks of age and sun
        colour = tinted(colour, ramp(noise(1.5, 1), 0.66, 0.74, 0.30 * look.lines), (0.78, 0.64, 0.54))
    m.to_shader("Base Color", colour)
    rough = m.maths(
        "SUBTRACT", m.maths("SUBTRACT", 0.50, m.maths("MULTIPLY", shine, 0.09)), m.maths("MULTIPLY", lips, 0.14)
    )
    rough = m.maths("ADD", rough, m.maths("MULTIPLY", noise(7, 4), 0.08))
    m.to_shader("Roughness", rough)
    # pores, fine lines and lip lines
    pore = m.add("ShaderNodeTexVoronoi", {"Vector": place}, {"feature": "SMOOTH_F1"}, Scale=10.5).outputs["Distance"]
    fine = m.add("ShaderNodeTexVoronoi", {"Vector": place}, {"feature": "F1"}, Scale=19.0).outputs["Distance"]
    height = m.maths("ADD", m.maths("MULTIPLY", pore, 0.6), m.maths("MULTIPLY", fine, 0.35))
    height = m.maths("ADD", height, m.maths("MULTIPLY", noise(3.4, 6), 0.9))
    stretched = m.add("ShaderNodeMapping", {"Vector": place}, Scale=(6.0, 0.55, 1.6)).outputs[0]
    groove = m.add("ShaderNodeTexNoise", {"Vector": stretched}, Scale=1.5, Detail=3).outputs["Fac"]
    height = m.maths("ADD", height, m.maths("MULTIPLY", m.maths("MULTIPLY", groove, lips), 2.4))
    bump = m.add("ShaderNodeBump", {"Height": height}, Strength=0.26 + 0.12 * look.pores, Distance=0.045)
    m.to_shader("Normal", bump.outputs[0])
    return m.material


def simple(name: str, colour, rough: float, sss: float = 0.0, **inputs) -> bpy.types.Material:
    return Nodes(
        name, Base_Color=colour, Roughness=rough, Subsurface_Weight=sss, Subsurface_Radius=(1, 0.4, 0.3),
        Subsurface_Scale=0.2, **inputs,
    ).material  # fmt: skip


def cornea() -> bpy.types.Material:
    """Clear but for its reflections."""
    m = Nodes("cornea")
    clear = m.add("ShaderNodeBsdfTransparent")
    gloss = m.add("ShaderNodeBsdfGlossy", Roughness=0.03)
    fresnel = m.add("ShaderNodeFresnel", IOR=1.37)
    mix = m.add("ShaderNodeMixShader", {0: fresnel.outputs[0], 1: clear.outputs[0], 2: gloss.outputs[0]})
    return m.ends_in(mix)


def hair(name: str, melanin: float, redness: float, roughness: float, spread: float) -> bpy.types.Material:
    m = Nodes(name)
    shader = m.add(
        "ShaderNodeBsdfHairPrincipled", attributes={"model": "CHIANG", "parametrization": "MELANIN"},
        Melanin=melanin, Melanin_Redness=redness, Roughness=roughness, Radial_Roughness=0.4,
        Random_Color=spread, Random_Roughness=0.2,
    )  # fmt: skip
    return m.ends_in(shader)


def dyed_hair(name: str, colour, roughness: float) -> bpy.types.Material:
    m = Nodes(name)
    shader = m.add(
        "ShaderNodeBsdfHairPrincipled", attributes={"model": "CHIANG", "parametrization": "COLOR"},
        Color=colour, Roughness=roughness, Radial_Roughness=0.4, Random_Roughness=0.2,
    )  # fmt: skip
    return m.ends_in(shader)
